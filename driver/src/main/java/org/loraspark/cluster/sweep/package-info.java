/** What a sweep is made of: the values it varies, its plan, what its runs came to, and the files that say so. */
package org.loraspark.cluster.sweep;
