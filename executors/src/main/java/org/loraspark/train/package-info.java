/** Optimizer, schedules, losses and the loop of one worker over one shard. May use all rooms above it. */
package org.loraspark.train;
