"""Words for people, in Chinese and English."""

from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@dataclass(frozen=True, slots=True)
class Label:
    """One term in both languages; codes and numbers never change with the language."""

    zh: str
    en: str

    def text(self, language: Language) -> str:
        """Return the term in one language."""
        return self.zh if language == "zh" else self.en
