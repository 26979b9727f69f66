/** Captioning on the cluster: listing, the job and its journal, outputs, the contact sheet. */
package org.loraspark.cluster.caption;
