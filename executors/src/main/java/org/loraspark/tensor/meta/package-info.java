/** An engine that computes shapes and costs, and no values. */
package org.loraspark.tensor.meta;
