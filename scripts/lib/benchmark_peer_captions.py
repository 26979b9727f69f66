"""Captions of transformers' BLIP base with random weights: 384x384, exactly 20 new tokens."""

import torch
import transformers
from transformers import BlipConfig, BlipForConditionalGeneration

LIBRARIES = [torch, transformers]
CASES = {
    "caption-greedy-b8": {"pictures": 8},
    "caption-beams3-b8": {"pictures": 8, "beams": 3},
    "caption-greedy-b1": {},
    "caption-beams3-b1": {"beams": 3},
    "caption-greedy-b8-fp32": {"pictures": 8, "precision": torch.float32},
    "caption-beams3-b8-fp32": {"pictures": 8, "beams": 3, "precision": torch.float32},
    "caption-vision-b1": {"vision": True},
}
SIDE = 384
TOKENS = 20


def captioner(precision):
    """Made in its final type so that no float32 copy counts as its peak memory."""
    # The text configuration's own default of 8 heads is not that of the published models.
    config = BlipConfig(vision_config={"image_size": SIDE}, text_config={"num_attention_heads": 12})
    torch.set_default_dtype(precision)
    model = BlipForConditionalGeneration(config)
    torch.set_default_dtype(torch.float32)
    return model.requires_grad_(False).eval()


def work(case):
    """One step, and the same with one picture."""
    return steps(**CASES[case])


def steps(pictures=1, beams=1, precision=torch.bfloat16, vision=False):
    model = captioner(precision)
    pixels = torch.randn(pictures, 3, SIDE, SIDE).to(precision)

    def step(some):
        with torch.inference_mode():
            if vision:
                return model.vision_model(some).last_hidden_state.float().mean().item()
            ids = model.generate(
                pixel_values=some, num_beams=beams, do_sample=False, min_new_tokens=TOKENS, max_new_tokens=TOKENS
            )
        # What generate gives may begin with the start token.
        assert ids.shape[0] == some.shape[0] and TOKENS <= ids.shape[1] <= TOKENS + 1, ids.shape
        return ids

    return lambda: step(pixels), lambda: step(pixels[:1])
