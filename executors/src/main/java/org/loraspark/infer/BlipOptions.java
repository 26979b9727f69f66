package org.loraspark.infer;

import java.io.Serializable;
import org.loraspark.UserError;

/**
 * How BLIP writes a sentence.
 *
 * @param beams hypotheses kept at each step; 1 takes the likeliest token, or draws one with {@code topP}
 * @param topP draws each token from the likeliest ones that together have this probability (Holtzman et al. 2020); 0 is
 *     off
 * @param seed of the draws
 * @param prompt how the sentence begins; it is cut off the result; may be empty
 * @param minLength tokens of the description at least, without the prompt
 * @param maxLength tokens of the description at most, without the prompt
 * @param repetitionPenalty divides the scores of tokens that were said before (Keskar et al. 2019); 1 is off
 */
public record BlipOptions(
        int beams, double topP, long seed, String prompt, int minLength, int maxLength, double repetitionPenalty)
        implements Serializable {
    public BlipOptions {
        if (beams < 1 || beams > 64) {
            throw new UserError("the number of beams must be between 1 and 64, got " + beams);
        }
        if (!(topP >= 0 && topP <= 1)) {
            throw new UserError("top-p must be between 0 (off) and 1, got " + topP);
        }
        if (topP > 0 && beams > 1) {
            throw new UserError("top-p draws one sentence and needs 1 beam, got " + beams + "; give --beams 1");
        }
        if (maxLength < 1) {
            throw new UserError("the largest length of a caption must be at least 1 token, got " + maxLength);
        }
        if (minLength < 0 || minLength > maxLength) {
            throw new UserError("the smallest length of a caption must be between 0 and the largest, " + maxLength
                    + " tokens, got " + minLength);
        }
        if (!(repetitionPenalty > 0 && repetitionPenalty <= Double.MAX_VALUE)) {
            throw new UserError("the repetition penalty must be a positive number, got " + repetitionPenalty);
        }
    }
}
