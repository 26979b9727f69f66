/** What all families of models share: their config files, and the check of a checkpoint's names and shapes. */
package org.loraspark.models;
