/** What a run leaves for people: the record of its rounds and pictures, and {@code report.html} made of it. Reads files only; knows no Spark. */
package org.loraspark.report;
