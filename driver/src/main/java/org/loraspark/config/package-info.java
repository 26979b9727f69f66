/** The config as records: HOCON and YAML in, defaults and checks in one place. */
package org.loraspark.config;
