"""Activation checkpointing: blocks forget what they computed and compute it again for the gradient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

from torch import nn
from torch.utils.checkpoint import checkpoint

_BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.SyncBatchNorm)


def recompute_blocks(blocks: Iterable[nn.Module]) -> None:
    """Let each block keep its input alone (Chen et al. 2016); blocks within blocks are left to those.

    Batch norm counts a batch once: its statistics do not move while a block is computed again.
    """
    inside: set[nn.Module] = set()
    for block in blocks:
        if block not in inside:
            inside.update(block.modules())
            contexts = partial(_contexts, block)
            # In place of the block's own forward: a wrapper module would rename the tensors of checkpoints, a hook
            # cannot decide what autograd keeps, and torch's own `checkpoint_wrapper` is not public.
            block.forward = partial(checkpoint, block.forward, use_reentrant=False, context_fn=contexts)


def _contexts(block: nn.Module) -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    return nullcontext(), statistics_kept(block)


@contextmanager
def statistics_kept(block: nn.Module) -> Iterator[None]:
    """Keep the running statistics of the batch norms of `block` as they are, whatever passes through it."""
    norms = [module for module in block.modules() if isinstance(module, _BATCH_NORMS) and module.training]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.momentum = 0.0
    try:
        yield
    finally:
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            if norm.num_batches_tracked is not None:
                norm.num_batches_tracked -= 1
