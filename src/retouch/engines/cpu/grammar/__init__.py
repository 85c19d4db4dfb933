"""The prompt grammar: plain English to the steps of an edit, or a refusal that says why."""

from retouch.engines.cpu.grammar.examples import EXAMPLES, can_do
from retouch.engines.cpu.grammar.instruction import Instruction
from retouch.engines.cpu.grammar.parse import parse, warm

__all__ = ["EXAMPLES", "Instruction", "can_do", "parse", "warm"]
