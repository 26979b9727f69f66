"""Makes the resampling fixture with Pillow and transformers.   usage: make_golden_resampling.py OUT"""
import json, os, sys
import numpy as np, PIL, torch, transformers
from PIL import Image
from safetensors.torch import save_file
from transformers.models.blip.image_processing_pil_blip import BlipImageProcessorPil

out = sys.argv[1]; os.makedirs(out, exist_ok=True)
g = np.random.default_rng(1); h, w = 47, 61
y, x = np.mgrid[0:h, 0:w]
a = np.stack([128 + 120 * np.sin(x / 7), 255.0 * ((x // 9 + y // 5) % 2), 2.0 * x + 2 * y], -1) + g.normal(0, 12, (h, w, 3))
a = np.clip(a, 0, 255).astype(np.uint8); im = Image.fromarray(a)
t = dict(picture=torch.from_numpy(a))
filters = dict(lanczos=1, bilinear=2, bicubic=3)
for name, f in filters.items():
    for size in [(24, 24), (100, 80), (61, 20), (13, 90)]:  # width, height
        t[f"{name}.{size[0]}x{size[1]}"] = torch.from_numpy(np.array(im.resize(size, f)))
p = BlipImageProcessorPil(size={"height": 32, "width": 32})
t["pixel_values"] = torch.as_tensor(np.array(p(images=[im], return_tensors="np")["pixel_values"]))
save_file(t, out + "/resampling.safetensors")
json.dump(dict(pillow=PIL.__version__, transformers=transformers.__version__), open(out + "/case.json", "w"), indent=1)
