"""A column of units beside quantities of coded items: compared with the unit each item is counted in."""

from geo_ems.catalogue.record_matching import ColumnPlan
from geo_ems.formats.column_names import fold_name, unit_spelled
from geo_ems.formats.findings import Finding
from geo_ems.formats.raw import RawFile, RawRecord
from geo_ems.model.definitions import ChildDefinition
from geo_ems.model.features import Properties
from geo_ems.model.labels import Label
from geo_ems.services import import_findings as found

UNIT_HEADINGS = tuple(map(fold_name, ("计量单位", "單位", "单位", "計量單位", "unit")))


class UnitCheck:
    """Compares the units of one file; nothing is converted, a different unit is told.

    `index` is the column of units, None where the file has none or no item of the child table has
    a unit.
    """

    def __init__(self, raw: RawFile, child: ChildDefinition, plan: ColumnPlan) -> None:
        self._item = next((f for f in child.fields.values() if any(code.unit for code in f.codes.values())), None)
        taken = {match.index for match in plan.matches}
        folded = [fold_name(column) for column in raw.columns]
        columns = [folded.index(name) for name in UNIT_HEADINGS if name in folded] if self._item is not None else []
        self.index: int | None = next((index for index in columns if index not in taken), None)
        self._column = raw.columns[self.index] if self.index is not None else ""

    def check(self, record: RawRecord, properties: Properties, findings: list[Finding]) -> None:
        """Append a finding where the unit of a row is not that of its item; blanks say nothing."""
        cell = record.values[self.index] if self.index is not None else None
        item = self._item.codes.get(str(properties.get(self._item.name))) if self._item is not None else None
        if cell is None or item is None or item.unit is None or _is_written(str(cell), item.unit):
            return
        findings.append(
            found.OTHER_UNIT.found(
                column=self._column,
                value=cell,
                item=item.label.zh,
                item_en=item.label.en,
                unit=item.unit.zh,
                unit_en=item.unit.en,
            )
        )


def _is_written(text: str, unit: Label) -> bool:
    """Return whether a unit is written so; 个, 件 and the like are not the same, ㎡ and 平方米 are."""
    if fold_name(text) in (fold_name(unit.zh), fold_name(unit.en)):
        return True
    known = unit_spelled(unit.zh)
    return known is not None and known.quantity != "count" and unit_spelled(text) is known
