"""Steps and passes of diffusers' Stable Diffusion 1.5 with random weights, 512x512.

A training step is a forward, the mean squared error, a backward, clipping at 1.0 and AdamW on rank-8 adapters of all 192
UNet modules. In bfloat16 the frozen weights are bfloat16, the adapters float32, the forward under autocast: what the
LoRA scripts of diffusers do with mixed_precision=bf16.
"""

import contextlib

import diffusers
import peft
import torch
import torch.nn.functional as F
from diffusers import AutoencoderKL, DDPMScheduler, UNet2DConditionModel

LIBRARIES = [torch, diffusers, peft]
RANK = 8
SIZE = 512
LATENT = SIZE // 8
TARGETS = ["to_q", "to_k", "to_v", "to_out.0", "ff.net.0.proj", "ff.net.2", "proj_in", "proj_out"]
TRAINING = {
    "train-step-bf16-b1": {},
    "train-step-bf16-b1-compiled": {"compiled": True},
    "train-step-bf16-b1-checkpointing": {"checkpointing": True},
    "train-step-bf16-b4": {"batch": 4},
    "train-step-fp32-b1": {"precision": "fp32"},
}
PASSES = ["vae-encode", "vae-decode", "unet-forward-b2"]
CASES = [*TRAINING, *PASSES]


def work(case):
    """One step, and nothing for a picture alone."""
    return training(**TRAINING[case]) if case in TRAINING else one_pass(case), None


def unet(dtype):
    """Stable Diffusion 1.5's UNet, made in its final type so that no float32 copy counts as its peak memory."""
    torch.set_default_dtype(dtype)
    model = UNet2DConditionModel(
        sample_size=64,
        block_out_channels=(320, 640, 1280, 1280),
        layers_per_block=2,
        cross_attention_dim=768,
        attention_head_dim=8,
    )
    torch.set_default_dtype(torch.float32)
    return model.requires_grad_(False)


def vae(dtype):
    torch.set_default_dtype(dtype)
    model = AutoencoderKL(
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        block_out_channels=(128, 256, 512, 512),
        layers_per_block=2,
        latent_channels=4,
        sample_size=512,
    )
    torch.set_default_dtype(torch.float32)
    return model.requires_grad_(False).eval()


def training(precision="bf16", batch=1, compiled=False, checkpointing=False):
    bf16 = precision == "bf16"
    model = unet(torch.bfloat16 if bf16 else torch.float32)
    model.add_adapter(peft.LoraConfig(r=RANK, lora_alpha=RANK, target_modules=TARGETS))
    trained = [p for n, p in model.named_parameters() if ".lora_" in n]
    assert len(trained) == 2 * 192, len(trained)
    for p in trained:
        p.data = p.data.float()
        p.requires_grad_(True)
    if checkpointing:
        model.enable_gradient_checkpointing()
    model.train()
    called = model
    if compiled:
        model.to(memory_format=torch.channels_last)
        called = torch.compile(model)
    optimizer = torch.optim.AdamW(trained, lr=1e-4, weight_decay=0.01)
    schedule = DDPMScheduler(
        num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear"
    )
    weights = torch.bfloat16 if bf16 else torch.float32
    latents = torch.randn(batch, 4, LATENT, LATENT)
    text = torch.randn(batch, 77, 768).to(weights)

    def step():
        noise = torch.randn_like(latents)
        timesteps = torch.randint(0, 1000, (batch,))
        noisy = schedule.add_noise(latents, noise, timesteps).to(weights)
        if compiled:
            noisy = noisy.to(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16) if bf16 else contextlib.nullcontext():
            predicted = called(noisy, timesteps, text).sample
        loss = F.mse_loss(predicted.float(), noise)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return step


def one_pass(case):
    if case == "unet-forward-b2":
        model = unet(torch.bfloat16).eval()
        latents = torch.randn(2, 4, LATENT, LATENT, dtype=torch.bfloat16)
        text = torch.randn(2, 77, 768, dtype=torch.bfloat16)
        work = lambda: model(latents, 500, text).sample  # noqa: E731
    elif case == "vae-encode":
        model = vae(torch.bfloat16)
        pixels = torch.rand(1, 3, SIZE, SIZE).mul(2).sub(1).bfloat16()
        work = lambda: model.encode(pixels).latent_dist.mean  # noqa: E731
    else:
        model = vae(torch.bfloat16)
        latents = torch.randn(1, 4, LATENT, LATENT, dtype=torch.bfloat16)
        work = lambda: model.decode(latents).sample  # noqa: E731

    def step():
        with torch.inference_mode():
            return work().float().mean().item()

    return step
