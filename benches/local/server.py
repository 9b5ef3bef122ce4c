"""llama.cpp's own server on one model: prints its address, then serves until its standard input ends."""

import sys

import xllamacpp

path, context, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
params = xllamacpp.CommonParams()
params.model.path = path
params.n_ctx = context
params.n_gpu_layers = 0
params.n_parallel = 1
# Beside the KV cache it would keep copies of it, which we don't.
params.cache_ram_mib = 0
params.cpuparams.n_threads = threads
params.cpuparams_batch.n_threads = threads
server = xllamacpp.Server(params)
print(f"address={server.listening_address}", flush=True)
sys.stdin.read()
