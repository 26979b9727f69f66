/** What a person at the terminal sees while a command works. */
package org.loraspark.console;
