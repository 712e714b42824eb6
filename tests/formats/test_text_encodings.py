import pytest

from geo_ems.errors import DataError, UsageError
from geo_ems.formats.encodings import decode_text

CHINESE = "编号,名称,地址\n1,第一中学,城关镇人民路12号\n2,体育公园,向阳村三组\n"
JAPANESE = "番号,名称,住所\n1,日新小学校,高松市瀬戸内町18-2\n2,さくらホール,高松市サンポート2番1号\n"


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        pytest.param(CHINESE, "utf-8", "utf-8", id="UTF-8"),
        pytest.param(CHINESE, "utf-8-sig", "utf-8-sig", id="UTF-8 with mark"),
        pytest.param(CHINESE, "utf-16", "utf-16", id="UTF-16 with mark"),
        pytest.param(CHINESE, "gb18030", "gb18030", id="GB18030"),
        pytest.param(CHINESE, "gbk", "gb18030", id="GBK, contained in GB18030"),
        pytest.param(JAPANESE, "cp932", "cp932", id="Shift-JIS"),
        pytest.param(JAPANESE, "euc_jp", "euc_jp", id="EUC-JP"),
        pytest.param("name,lat\nA,1\n", "utf-16-le", "utf-16-le", id="UTF-16 without mark"),
        pytest.param("name,lat\nA,1\n", "utf-16-be", "utf-16-be", id="UTF-16 big endian without mark"),
    ],
)
def test_the_encoding_is_told_from_the_bytes(text, encoding, expected):
    assert decode_text(text.encode(encoding)) == (text, expected)


def test_kana_speak_for_japanese_where_both_encodings_would_decode():
    text = "さくらホール,ひまわりセンター,あおぞらプラザ\n"

    assert decode_text(text.encode("euc_jp")) == (text, "euc_jp")


def test_text_without_kana_but_with_japanese_places_may_need_the_encoding_named():
    data = "高松市".encode("euc_jp")

    assert decode_text(data, encoding="euc-jp")[0] == "高松市"


def test_an_unknown_encoding_lists_the_known_ones():
    with pytest.raises(UsageError, match=r"There is no encoding 'rot13' here. Known: utf-8, "):
        decode_text(b"abc", encoding="rot13")


def test_a_wrong_byte_in_utf8_is_named_with_its_line():
    data = CHINESE.encode() + b"3,\xff\xfe,x\n"

    with pytest.raises(DataError, match="Line 4 is not utf-8: byte FF at offset"):
        decode_text(data, where="a.csv")


def test_bytes_of_no_known_encoding_are_refused_and_not_guessed():
    with pytest.raises(DataError, match="The encoding cannot be told"):
        decode_text("Zürich, Genève, Mâcon, Besançon".encode("cp1252"))


def test_the_wrong_encoding_asked_for_is_refused():
    with pytest.raises(DataError, match="is not utf-8"):
        decode_text(CHINESE.encode("gb18030"), encoding="utf-8")
