/** The command line. */
package org.loraspark.cli;
