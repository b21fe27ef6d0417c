"""D, and the classifier of its data where there is one, as a program and weights, for a page that has an opinion."""

from __future__ import annotations

from typing import Any

from gan.diagnostics import d_scale
from gan.evaluation import evalnet
from gan.export import page_weights, program
from gan.sampler import Sampler


def write(sampler: Sampler, evaluator: bool = True) -> tuple[dict[str, Any], bytes]:
    """The program and its packed weights, D's under "D." and those of the classifier under "E.".

    Beside the network `critic` it has `zero`, the logit that is D's own zero; `share`, whether D's logits have a
    probability; `evaluator`, the network of the classifier or null, `names` its classes, and `why` there is none.
    Raises ValueError with what goes on after "the page cannot judge because".
    """
    shape, scale = sampler.shape, d_scale.of_loss(sampler.config.loss)
    try:
        critic = sampler.discriminator
        networks = {"D": critic.D}
        content: dict[str, Any] = program.discriminator(critic.D, shape)
        content |= {"zero": critic.zero, "share": scale.probability}
        content |= {"evaluator": None, "names": list(sampler.names), "why": "points of the plane are no pictures"}
        if evaluator and shape[1:] != (1, 1):
            try:
                classifier = evalnet.load(sampler.config.dataset)
            except evalnet.EvalNetError as error:
                content["why"] = str(error)
            else:
                if classifier.about.shape != shape:
                    raise ValueError("its classifier reads pictures of another size")
                networks["E"] = classifier.net
                content |= {"evaluator": program.discriminator(classifier.net, shape)["critic"], "why": ""}
                content["names"] = list(classifier.about.names)
    except program.Unsupported as error:
        raise ValueError(str(error)) from error
    tensors = {name: {key: value.numpy() for key, value in net.state_dict().items()} for name, net in networks.items()}
    return content, page_weights.of_networks(tensors, sampler.step)
