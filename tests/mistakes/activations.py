"""Mistakes of lesson 5: convolution, its sizes, compositions, receptive fields and ranges, and the maps of a model."""

import copy

import torch

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, twin

# ---------------------------------------------------------------- feature_maps


def run_with_hooks(model, x, keep):
    """Run the model without gradients and leave it as it was; `keep(maps, name, output)` is called for every tensor."""
    library.feature_maps(model, x)  # the same refusals
    maps, kept = {}, [(buffer, buffer.clone()) for buffer in model.buffers()]

    def hook_for(name):
        return lambda module, arguments, output: keep(maps, name, output) if torch.is_tensor(output) else None

    handles = [module.register_forward_hook(hook_for(name)) for name, module in model.named_modules()]
    with torch.no_grad():
        model(x.detach().clone())
        for buffer, before in kept:
            buffer.copy_(before)
    for handle in handles:
        handle.remove()
    return maps


def numbered(maps, name, output):
    """Keep under a name of its own what a module gives when it runs again."""
    again = sum(key.split("#")[0] == name for key in maps)
    maps[f"{name}#{again + 1}" if again else name] = output


@mistake(
    "feature_maps",
    tempting="The hook is handed the result, and keeping the result looks the same as keeping a copy.",
    source="https://github.com/BVLC/caffe/issues/3366",
)
def keeps_what_relu_overwrites(model, x):
    """the maps are kept without a copy: a ReLU(inplace=True) that follows overwrites them, so clone each at once"""
    return run_with_hooks(model, x, lambda maps, name, output: numbered(maps, name, output.detach()))


@keeps_what_relu_overwrites.in_other_words
def outputs_by_name(model, x):
    first = library.feature_maps(model, x)
    outputs, handles, state = [], [], copy.deepcopy(model.state_dict())
    for _, module in model.named_modules():
        handles.append(module.register_forward_hook(lambda m, i, o: outputs.append(o) if torch.is_tensor(o) else None))
    with torch.no_grad():
        model(x.clone())
    for handle in handles:
        handle.remove()
    model.load_state_dict(state)
    return {name: output.detach() for name, output in zip(first, outputs, strict=False)}


@mistake(
    "feature_maps",
    tempting="A dictionary by name is the obvious place, and in most models each module runs once.",
    source="https://github.com/openai/CLIP/pull/239",
)
def last_run_only(model, x):
    """a module that runs twice overwrites its first map: a ReLU is often used again, and each run has a map"""
    return run_with_hooks(model, x, lambda maps, name, output: maps.__setitem__(name, output.clone()))


@last_run_only.in_other_words
def one_map_per_name(model, x):
    result = {}
    for name, value in library.feature_maps(model, x).items():
        result[name.split("#")[0]] = value
    return result


@mistake(
    "feature_maps",
    tempting="The maps are there after the run, and nothing seems to be wrong.",
    source="https://github.com/frgfm/torch-cam/issues/197",
)
def leaves_its_hooks(model, x):
    """the hooks stay on the model: they go on collecting at every later run; remove each handle, after an error too"""
    for module in model.modules():
        module.register_forward_hook(lambda module, arguments, output: None)
    return library.feature_maps(model, x)


@leaves_its_hooks.in_other_words
def handles_thrown_away(model, x):
    seen = {}
    for name, module in model.named_modules():
        module.register_forward_hook(lambda m, i, o, name=name: seen.update({name: None}))
    return library.feature_maps(model, x)


@mistake(
    "feature_maps",
    tempting="`no_grad` sounds as if nothing could change, and most people look at models in training mode.",
    source="https://github.com/lightly-ai/lightly/issues/1438",
)
def moves_the_running_statistics(model, x):
    """the run changes the model: in training mode BatchNorm updates its running statistics, with or without no_grad"""
    maps = library.feature_maps(model, x)
    with torch.no_grad():
        model(x.detach().clone())
    return maps


@moves_the_running_statistics.in_other_words
def no_grad_is_enough(model, x):
    maps, handles, order = {}, [], list(library.feature_maps(copy.deepcopy(model), x))
    outputs = []
    for module in model.modules():

        def keep(m, i, o):
            return outputs.append(o.clone()) if torch.is_tensor(o) else None

        handles.append(module.register_forward_hook(keep))
    with torch.no_grad():
        model(x.clone())
    for handle in handles:
        handle.remove()
    maps.update(zip(order, outputs, strict=False))
    return maps


@twin("feature_maps")
def on_a_copy_of_the_model(model, x):
    """a deep copy of the model is run, with hooks that nobody need remove"""
    library.feature_maps(model, x)
    maps, other = {}, copy.deepcopy(model)

    def keep(name, output):
        if isinstance(output, torch.Tensor):
            numbered(maps, name, output.detach().clone())

    for name, module in other.named_modules():
        module.register_forward_hook(lambda m, arguments, output, name=name: keep(name, output))
    with torch.no_grad():
        other(x.detach().clone())
    return maps
