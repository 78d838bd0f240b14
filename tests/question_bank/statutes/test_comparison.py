"""What became of each article: the pairs that a reader would make, and never a hundred for texts that differ."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from question_bank.statutes.comparison import ArticleChange, Correspondence, compare, marked, substance

U, R, W, G, N = (
    ArticleChange.UNCHANGED,
    ArticleChange.RENUMBERED,
    ArticleChange.REWORDED,
    ArticleChange.GONE,
    ArticleChange.NEW,
)
SCOPE = "本条例所称借阅，是指在办公场所内查看或者借出档案。"
REGISTER = "借阅档案应当登记。借出办公场所的，应当经档案室负责人批准。"
RETURN = "借出的档案应当在十日内归还；到期需要继续使用的，可以续借一次。"
ONLINE = "电子档案通过信息系统查阅，不得自行复制和传播。"
LETTERS = st.text(alphabet="甲乙丙丁，。 ", min_size=1, max_size=12)
TEXTS = st.dictionaries(st.integers(1, 9).map(str), LETTERS, max_size=7)


def changes(old, new):
    return [(row.change, row.old, row.new) for row in compare(old, new)]


def test_an_inserted_article_moves_the_ones_after_it():
    found = changes(
        {"1": SCOPE, "2": REGISTER, "3": RETURN}, {"1": SCOPE, "2": ONLINE, "3": REGISTER, "4": RETURN}
    )
    assert found == [(U, "1", "1"), (R, "2", "3"), (R, "3", "4"), (N, None, "2")]


def test_another_wording_under_the_same_number_is_shown_with_its_score():
    row = compare({"3": RETURN}, {"3": RETURN.replace("十日", "十五日")})[0]
    assert (row.change, row.new) == (W, "3")
    assert 80 < row.similarity < 100


def test_a_moved_article_with_a_changed_figure_is_no_hundred():
    row = compare({"3": RETURN}, {"4": RETURN.replace("十日", "五日")})[0]
    assert (row.change, row.new) == (R, "4")
    assert 90 <= row.similarity < 100


def test_a_strange_text_under_an_old_number_is_no_successor():
    assert changes({"2": REGISTER}, {"2": ONLINE}) == [(G, "2", None), (N, None, "2")]


def test_punctuation_and_spaces_do_not_count_but_figures_do():
    assert changes({"1": "罚款５倍， 拘留。"}, {"1": "罚款5倍;拘留"}) == [(U, "1", "1")]
    assert substance("1.5 倍，5%。") == "1.5倍5%"
    assert changes({"1": "处1.5倍罚款"}, {"1": "处15倍罚款"})[0][0] is not U


def test_of_two_equal_texts_the_nearer_one_goes_on():
    assert changes(
        {"1": SCOPE, "8": "依法给予处分。", "9": "依法给予处分。"}, {"8": SCOPE, "9": "依法给予处分。"}
    )[1:] == [(G, "8", None), (U, "9", "9")]


@given(TEXTS, TEXTS)
def test_every_article_stands_in_one_row_and_a_hundred_means_the_same(old, new):
    rows = compare(old, new)
    assert [row.old for row in rows if row.old] == list(old)
    assert sorted(row.new for row in rows if row.new) == sorted(new)
    for row in rows:
        paired = row.old is not None and row.new is not None
        same = paired and substance(old[row.old]) == substance(new[row.new])
        assert (row.similarity == 100) == same
        assert (row.change is U) == (same and row.old == row.new)
        assert (row.change in (U, R, W)) == paired
        if paired:
            assert row.similarity >= 40


@given(TEXTS)
def test_a_wording_compared_with_itself_is_unchanged(texts):
    assert compare(texts, texts) == tuple(Correspondence(U, label, label, 100) for label in texts)


@given(LETTERS, LETTERS)
def test_the_marked_pieces_give_back_both_texts(old, new):
    pieces = marked(old, new)
    assert "".join(text for kind, text in pieces if kind != "new") == old
    assert "".join(text for kind, text in pieces if kind != "gone") == new
