"""The salon's own table of codes: how a file may look that comes out of a spreadsheet, and what is refused by its line."""

import pytest

from shared.fiscal.goods_codes import BadFile, ProductCodes, is_gtin, read_codes, write_codes

GTIN, OTHER = "4870001000011", "4870001000028"


@pytest.mark.parametrize(
    ("code", "is_one"),
    [
        (GTIN, True),
        ("4870001000012", False),  # a digit is wrong
        ("96385074", True),
        ("614141000036", True),
        ("10614141000415", True),
        ("487000100001", False),
        ("9638507", False),
        ("", False),
        ("487000100001x", False),
        ("٤٨٧٠٠٠١٠٠٠٠١١", False),
    ],
)
def test_the_last_digit_of_a_gtin_proves_the_others(code: str, is_one: bool) -> None:
    assert is_gtin(code) is is_one


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_files_of_any_spreadsheet(separator: str) -> None:
    lines = [
        "",
        "good_id,title,gtin,ntin",
        f'22001,"Шампунь, 250 мл",{GTIN},',
        "22002,Крем,,0200000000017",
        "",
        ",,,",
        "22003,Лак,,",
    ]
    text = "\r\n".join(line.replace(",", separator).replace(f'"Шампунь{separator}', '"Шампунь,') for line in lines)
    assert read_codes(("\ufeff" + text).encode()) == [
        ProductCodes(22001, "Шампунь, 250 мл", GTIN, None),
        ProductCodes(22002, "Крем", None, "0200000000017"),
        ProductCodes(22003, "Лак", None, None),
    ]


def test_a_file_in_the_encoding_of_an_old_excel_and_columns_in_any_order() -> None:
    text = f"GTIN;Good_id;Примечание;Title\n{GTIN};22001;x;Шампунь\n"
    assert read_codes(text.encode("cp1251")) == [ProductCodes(22001, "Шампунь", GTIN, None)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,Шампунь,,", "line 3: x is no number of a product"),
        ("0,Шампунь,,", "line 3: 0 is no number"),
        ("9" * 5000 + ",Шампунь,,", "line 3: 99999999999999999999 is no number"),
        ('22001,"Шам\nпунь",1,', "line 4: 1 are not the digits"),
        (f"22001,Шампунь,{GTIN[:-1]}2,", "line 3: 4870001000012 are not the digits of a GTIN or NTIN"),
        ("22001,Шампунь,,12345", "line 3: 12345 are not the digits"),
        ('22001,Шампунь,"4,87E+12",', "line 3: 4,87E+12 was shortened by the spreadsheet: format the column as text"),
        (f"22009,Ещё раз,{OTHER},", "line 3: 22009 is there twice"),
    ],
)
def test_what_is_wrong_is_named_by_its_line(row: str, said: str) -> None:
    with pytest.raises(BadFile, match=r"^line") as caught:
        read_codes(f"good_id,title,gtin,ntin\n22009,Лак,{GTIN},\n{row}\n".encode())
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n\n", b"a,b\n1,2\n", b"good_id\n1\n", b"\x00\xff\xfe", b"<html>", b'good_id,gtin\n1,"' + b"x" * 200_000],
)
def test_what_is_no_table_of_codes(content: bytes) -> None:
    with pytest.raises(BadFile, match="first line"):
        read_codes(content)


def test_every_fault_is_told_up_to_a_handful() -> None:
    rows = "".join(f"x{number},,,\n" for number in range(30))
    with pytest.raises(BadFile) as caught:
        read_codes(f"good_id,title,gtin,ntin\n{rows}".encode())
    assert str(caught.value).count("is no number") == 10
    assert str(caught.value).endswith("and 20 more")


def test_what_is_written_is_read_back_and_is_no_formula() -> None:
    codes = [ProductCodes(22001, '=HYPERLINK("x")', GTIN, None), ProductCodes(22002, "Крем; 75 мл", None, None)]
    text = write_codes(codes)
    assert "\n=HYPERLINK" not in text
    assert ",=" not in text
    first, second = read_codes(text.encode())
    assert (first.gtin, second) == (GTIN, codes[1])
