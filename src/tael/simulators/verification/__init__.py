"""How do those behave who know something of people? Stand-ins for five providers, in one process.

keys       each product's secret or pairs of keys, and what a platform is told
messages   signatures of questions, answers and notices
persons    whom they know: magic names, telephone numbers and cards
book       what was asked, and what is answered to repeats
gateway    the protocol
simulator  all of it put together, with the page of the video

The protocol is documented in docs/guides/verification.md. They know nobody, and look at no picture.
"""

from tael.simulators.verification.keys import PRODUCTS, source_files
from tael.simulators.verification.simulator import CheckView, VerificationSimulator

__all__ = ["PRODUCTS", "CheckView", "VerificationSimulator", "source_files"]
