"""Files written by hand: the usual mistakes in TOML are said with their line, and how it is written."""

import pytest

from indicators.methods import DocumentError, MethodFileError, read_method
from indicators.methods.documents import document_of, line_at
from indicators.methods.positions import lines_of

HEAD = 'id = "m"\ntitle_de = "M"\ntitle_en = "M"\n'
INDEX = '[[index]]\nid = "i"\ncombine = "sum"\ninput = [{ id = "a" }]\n'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x = 1\nweight = 0,1563", 2, "a number has a decimal point; write 0.1563, not 0,1563"),
        ('a = [\n  { id = "a", weight = -0,5 },\n]', 2, "write -0.5, not -0,5"),
        ("x = 1,5 # a half more", 1, "write 1.5, not 1,5"),
        ("x = -.5", 1, "a number has digits on both sides of its point; write -0.5"),
        ("x = 5.", 1, "a number has digits on both sides of its point; write 5.0"),
        ("id = mine", 1, 'texts stand in quotes; write "mine"'),
        ("id = „mine“", 1, "texts stand in straight quotes"),
        ('id = "mine', 1, "a text lacks its closing quote"),
        ('a = 1\nid = "\\d+"', 2, "a backslash stands in single quotes: '...'"),
        ('id = "mi\nne"', 1, "a text lacks its closing quote"),
        ("x = True", 1, "true and false are written in small letters"),
        ('id: "mine"', 1, "a key and its value have = between them; write id = …"),
        ('id = "a"\nid = "b"\nx = 1', 2, "id is there twice in one table; leave one out"),
        ('a = { id = "a",\nweight = 1 }', 1, "a table in { } stands in one line, with no comma at its end"),
        ('a = { id = "a", }', 1, "with no comma at its end"),
        ('a = { id = "a" weight = 1 }', 1, "a table in { } lacks a comma between two keys"),
        ('a = [{ id = "a" } { id = "b" }]', 1, "a list lacks a comma between two items"),
        ('[index]\nid = "a"\n[index]\nid = "b"', 3, "index is there twice, first in line 1"),
        ('[[index]]\nid = "a"\n[index]\nid = "b"', 3, "in a list of tables each begins with [[index]]"),
        ("[classes]\ncuts = [1]\n[classes]\ncuts = [2]", 3, "a single table is there once as [classes]"),
        ("x = 1979-99-99", 1, "not valid TOML: "),
        ("", 1, ""),
    ],
)
def test_the_usual_mistakes_are_said_with_their_line_and_how_it_is_written(text, line, words) -> None:
    if not words:
        assert document_of(text, file="mine.toml") == {}
        return
    with pytest.raises(DocumentError) as caught:
        document_of(text, file="mine.toml")
    assert caught.value.line == line
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            HEAD + INDEX.replace("[[index]]", "[index]"),
            4,
            "index must be a list; write [[index]] or index = ",
        ),
        (HEAD + INDEX + "[[classes]]\ngroups = 2\n", 8, "classes must be a table; write [classes] once"),
        (
            HEAD + INDEX + '[dynamics]\nyears = 2\nchange = "ratio"\n[dynamics.index]\nid = "d"\n',
            11,
            "index must be a list; write [[dynamics.index]]",
        ),
        (HEAD + INDEX + "validity = 300\n", 8, "unknown key 'validity' in index"),
    ],
)
def test_one_bracket_and_two_are_told_apart(text, line, words) -> None:
    with pytest.raises(MethodFileError) as caught:
        read_method(text, file="mine.toml")
    assert caught.value.line == line
    assert words in str(caught.value)


def test_cuts_with_decimal_commas_are_suspected() -> None:
    labels = 'labels_de = ["a", "b", "c", "d", "e"]\nlabels_en = ["a", "b", "c", "d", "e"]\n'
    with pytest.raises(MethodFileError, match=r"line 9: .* rising order \(a decimal point, not a comma"):
        read_method(f"{HEAD}{INDEX}[classes]\ncuts = [0,5, 1,5]\n{labels}", file="mine.toml")
    with pytest.raises(MethodFileError, match=r"rising order$"):
        read_method(f"{HEAD}{INDEX}[classes]\ncuts = [0.5, 1.5, 1.2, 4]\n{labels}", file="mine.toml")


def test_the_line_of_what_is_not_there_is_that_of_what_it_belongs_to() -> None:
    lines = {("index",): 4, ("index", 0): 4, ("index", 0, "id"): 5}
    assert line_at(lines, ("index", 0, "id")) == 5
    assert line_at(lines, ("index", 0, "combine")) == 4
    assert line_at(lines, ("classes",)) == 1


def test_texts_with_an_n_and_a_comma_or_a_bracket_do_not_move_the_lines() -> None:
    text = 'a = ["nein, danke", "nicht ]", "keins #"]\nb = { "n, m" = 1 }\n\nc = 3\n'
    found = lines_of(text)
    assert {path for path in found if path[0] == "a"} == {("a",), ("a", 0), ("a", 1), ("a", 2)}
    assert (found["b", "n, m"], found["c",]) == (2, 4)
