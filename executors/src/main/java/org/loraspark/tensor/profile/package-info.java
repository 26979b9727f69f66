/** An engine around another one that tells where the time goes. */
package org.loraspark.tensor.profile;
