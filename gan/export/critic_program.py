"""D, and the classifier of its data where there is one, as a program and weights, for a page that has an opinion."""

from __future__ import annotations

from typing import Any

from torch import nn

from gan.diagnostics import d_scale
from gan.evaluation import evalnet
from gan.export import page_weights, program
from gan.sampler import Sampler

NO_PICTURES = "points of the plane are no pictures"


def write(sampler: Sampler, critic: bool = True, evaluator: bool = True) -> tuple[dict[str, Any], bytes]:
    """The program and its packed weights, D's under "D." and those of the classifier under "E.".

    Beside the network `critic` it has `zero`, the logit that is D's own zero; `share`, whether D's logits have a
    probability; `evaluator`, the network of the classifier or null, `names` its classes, and `why` there is none.
    Either may be left out. Raises ValueError with what goes on after "the page cannot judge because".
    """
    networks: dict[str, nn.Module] = {}
    try:
        content: dict[str, Any] = {"version": program.VERSION}
        content |= {"evaluator": None, "names": list(sampler.names), "why": NO_PICTURES}
        if critic:
            content |= _critic(sampler, networks)
        if evaluator and sampler.shape[1:] != (1, 1):
            content |= _evaluator(sampler, networks)
    except program.Unsupported as error:
        raise ValueError(str(error)) from error
    tensors = {name: {key: value.numpy() for key, value in net.state_dict().items()} for name, net in networks.items()}
    return content, page_weights.of_networks(tensors, sampler.step)


def _critic(sampler: Sampler, networks: dict[str, nn.Module]) -> dict[str, Any]:
    critic = sampler.discriminator
    networks["D"] = critic.D
    share = d_scale.of_loss(sampler.config.loss).probability
    return {**program.discriminator(critic.D, sampler.shape), "zero": critic.zero, "share": share}


def _evaluator(sampler: Sampler, networks: dict[str, nn.Module]) -> dict[str, Any]:
    try:
        classifier = evalnet.load(sampler.config.dataset)
    except evalnet.EvalNetError as error:
        return {"why": str(error)}
    about = classifier.about
    if about.shape != sampler.shape:
        return {"why": "its classifier reads pictures of another size"}
    networks["E"] = classifier.net
    network = program.discriminator(classifier.net, sampler.shape)["critic"]
    return {"evaluator": network, "why": "", "names": list(about.names)}
