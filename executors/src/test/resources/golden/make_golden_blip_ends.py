"""Makes captions of a captioner whose end token is likelier by 2, so that texts of all lengths compete.
usage: make_golden_blip_ends.py CAPTIONER CASE OUT.json   (CASE: a folder of make_golden_blip.py, for its pixel values)"""
import itertools, json, sys, torch, transformers
from safetensors.torch import load_file
from transformers import AutoTokenizer, BlipForConditionalGeneration

captioner, case, out = sys.argv[1:4]; raised = 2.0
m = BlipForConditionalGeneration.from_pretrained(captioner, dtype=torch.float32).eval(); t = AutoTokenizer.from_pretrained(captioner)
px = load_file(case + "/blip.safetensors")["pixel_values"]
m.text_decoder.cls.predictions.bias.data[m.config.text_config.sep_token_id] += raised
cases = []
for beams, penalty, shortest, prompt in itertools.product((1, 2, 3, 5), (1.0, 1.3), (0, 4), ("", "a big")):
    k = dict(min_new_tokens=shortest) if shortest else {}
    if prompt: k["input_ids"] = t([prompt], return_tensors="pt").input_ids.repeat(len(px), 1)
    with torch.no_grad(): r = m.generate(pixel_values=px, max_new_tokens=20, num_beams=beams, repetition_penalty=penalty, **k)
    cases.append(dict(beams=beams, repetition_penalty=penalty, min_new_tokens=shortest, prompt=prompt, captions=[t.decode(x, skip_special_tokens=True).strip() for x in r]))
json.dump(dict(raised=raised, transformers=transformers.__version__, cases=cases), open(out, "w"), indent=1)
