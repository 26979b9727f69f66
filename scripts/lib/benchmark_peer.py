"""The PyTorch side of scripts/benchmark: random weights, nothing is downloaded.

One process works on one case and obeys lines on its standard input:
    step -> "step SECONDS" after one training step, or one pass of the case
    alone -> the same with one picture, where a step has several
    peak -> "peak BYTES", the largest resident memory of this process so far
    quit -> the process ends
It first writes "ready JSON" with its versions. What libraries print goes to standard error.
"""

import argparse
import importlib
import json
import os
import sys
import time

answers = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--case", required=True, help="one of CASES of the modules beside this one")
parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
arguments = parser.parse_args()

os.environ["HF_HUB_OFFLINE"] = "1"
import torch  # noqa: E402

torch.set_num_threads(arguments.threads)
torch.manual_seed(0)


def peak_bytes():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


# Only what the case needs is imported, because it counts as memory.
captions = arguments.case.startswith("caption-")
module = importlib.import_module("benchmark_peer_captions" if captions else "benchmark_peer_diffusion")
if arguments.case not in module.CASES:
    parser.error("unknown case " + repr(arguments.case))
step, alone = module.work(arguments.case)
versions = {library.__name__: library.__version__ for library in module.LIBRARIES}
print("ready", json.dumps(versions), file=answers)
for line in sys.stdin:
    command = line.strip()
    if command == "step" or (command == "alone" and alone):
        start = time.perf_counter()
        (step if command == "step" else alone)()
        print("step", time.perf_counter() - start, file=answers)
    elif command == "peak":
        print("peak", peak_bytes(), file=answers)
    elif command == "quit":
        break
    else:
        print("error unknown command", repr(command), file=answers)
