/** Dense arrays and the kernels on them. The lowest room: it uses none of the others. */
package org.loraspark.tensor;
