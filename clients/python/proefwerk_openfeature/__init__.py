"""OpenFeature for Proefwerk: evaluates flags over OFREP, reports exposures and conversions."""

from proefwerk_openfeature.events import conversion, exposure
from proefwerk_openfeature.hook import ExposureHook
from proefwerk_openfeature.provider import ProefwerkProvider
from proefwerk_openfeature.sender import EventSender

__all__ = ["EventSender", "ExposureHook", "ProefwerkProvider", "conversion", "exposure"]
