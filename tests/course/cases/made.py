"""A run that no training made: what only reads a run's fields is tested in a second."""

import numpy as np
import torch

import seeing_tensors as st
from seeing_tensors.course.cases import runs
from seeing_tensors.course.cases.shapes import CLASSES, HEIGHT, VOID, WIDTH


def made_run(fault: str = "none", seed: int = 0) -> runs.Run:
    random = torch.Generator().manual_seed(seed)
    size = (6, HEIGHT, WIDTH)
    labels = torch.randint(0, len(CLASSES), size, generator=random)
    masks = torch.where(torch.rand(size, generator=random) < 0.1, VOID, labels)
    predictions = torch.where(torch.rand(size, generator=random) < 0.3, labels.flip(0), labels)
    confusion = st.confusion_matrix(predictions, masks, len(CLASSES), void=VOID)
    return runs.Run(
        fault=fault,
        losses=np.linspace(0.9 - 0.1 * seed, 0.05, runs.EPOCHS).tolist(),
        inputs=torch.randn(6, 3, HEIGHT, WIDTH, generator=random),
        mean=[0.5, 0.4, 0.3],
        std=[0.2, 0.2, 0.25],
        masks=masks,
        predictions=predictions,
        targets=masks.flip(0),
        iou=st.class_iou(confusion),
        confusion=confusion,
        maps=2 * torch.randn(runs.CHANNELS, HEIGHT, WIDTH, generator=random),
        model=runs.network(),
    )
