"""Whoever has no mouse sits a paper and sets up a session: Tab, Enter, Space, letters, and always a visible focus."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest
from playwright.sync_api import expect

from tests.browser.test_paper import open_live_paper

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-keyboard")]

FOCUS_IS_SEEN = """() => {
  const style = getComputedStyle(document.activeElement);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
}"""
CHANGED_SIDES = """async (pictures) => {
  const [one, other] = await Promise.all(pictures.map(async (data) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = new OffscreenCanvas(image.width, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    return canvas.getImageData(0, 0, image.width, image.height);
  }));
  const changed = (x, y) => [0, 1, 2].some((part) => {
    const at = 4 * (y * one.width + x) + part;
    return Math.abs(one.data[at] - other.data[at]) > 60;
  });
  const share = (length, hit) => [...Array(length).keys()].filter(hit).length / length;
  const band = [0, 1, 2];
  const { width, height } = one;
  return [
    share(width, (x) => band.some((y) => changed(x, y))),
    share(width, (x) => band.some((y) => changed(x, height - 1 - y))),
    share(height, (y) => band.some((x) => changed(x, y))),
    share(height, (y) => band.some((x) => changed(width - 1 - x, y))),
  ];
}"""
"""The share of each edge of a picture, within three pixels, that clearly differs from another picture's."""

ENOUGH = 90
"""So many steps lead past everything of a page with one question: its card has 45 links."""


def tab_to(page, target, *, back=False):
    """Press Tab until the target has the focus, and see that it shows."""
    expect(target).to_be_visible()
    for _ in range(ENOUGH):
        if target.evaluate("element => element === document.activeElement"):
            assert page.evaluate(FOCUS_IS_SEEN), "the focus cannot be seen"
            return
        page.keyboard.press("Shift+Tab" if back else "Tab")
    pytest.fail(f"{target} cannot be reached")


def press(page, target, key="Enter", *, back=False):
    tab_to(page, target, back=back)
    page.keyboard.press(key)


def sign_in_by_keys(page, username, password):
    page.goto("/sign-in")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, page.locator("input[name=username]"))
    page.keyboard.type(username)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def answer(page, position, *letters):
    """Jump to a question by the card, then choose by letters."""
    press(page, page.locator(f"[data-cell='{position}']"))
    for letter in letters:
        page.keyboard.press(letter.lower())
        expect(page.locator(f"[data-position='{position}'] input[value={letter}]")).to_be_checked()


def test_a_paper_from_signing_in_to_the_result(page, site):
    [candidate] = site.candidates()
    address = f"/sittings/{candidate.sitting}"
    sign_in_by_keys(page, candidate.username, site.password)
    press(page, page.locator(f"main a.button[href='{address}']"))
    press(page, page.locator(f"form[action='{address}/start'] button"), "Space")
    expect(page.locator("html[data-live=yes]")).to_be_attached()
    press(page, page.locator("input[name=paper-mode]:checked"), "ArrowRight")
    answer(page, 1, "B")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("c")
    expect(page.locator("[data-position='2'] input[value=C]")).to_be_checked()
    page.keyboard.press("m")
    expect(page.locator("[data-position='2'] [data-mark]")).to_have_attribute("aria-pressed", "true")
    answer(page, 26, "A", "C")
    answer(page, 36, "A")
    expect(page.locator("[data-save]")).to_contain_text(re.compile(r"已保存\s*4\s*/\s*45"))
    press(page, page.locator("[data-hand-in]"))
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("41")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("[data-hand-in]")).to_be_focused()
    page.keyboard.press("Enter")
    press(page, dialog.locator("[data-hand-in-now]"))
    press(page, page.locator(f"main a[href='/results/{candidate.sitting}']"))
    expect(page.locator("main")).to_contain_text("不合格")


def chosen(page):
    """Every checked option, as position and letter."""
    return page.locator("fieldset[data-position] input:checked").evaluate_all(
        "inputs => inputs.map(input => [Number(input.closest('fieldset').dataset.position), input.value])"
    )


def test_letters_answer_the_question_that_has_the_focus_and_no_other(page, site):
    [candidate] = site.candidates()
    open_live_paper(page, site, candidate)
    tenth = page.locator("fieldset[data-position='10']")
    tenth.locator("input[value=A]").focus()
    # Low on the screen: what stands above it can be seen as well, and is not meant.
    tenth.evaluate("element => scrollBy(0, element.getBoundingClientRect().top - innerHeight + 150)")
    page.keyboard.press("c")
    assert chosen(page) == [[10, "C"]]
    page.keyboard.press("2")
    page.keyboard.press("m")
    assert chosen(page) == [[10, "B"]]
    expect(tenth.locator("[data-mark]")).to_have_attribute("aria-pressed", "true")
    # Scrolled away, the question comes back with its answer: nothing is answered out of sight.
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.keyboard.press("d")
    assert chosen(page) == [[10, "D"]]
    expect(tenth.locator("input[value=D]")).to_be_in_viewport()
    for composing in ("isComposing: true", "keyCode: 229"):
        page.evaluate(
            f"document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {{key: 'a', bubbles: true, {composing}}}))"
        )
    assert chosen(page) == [[10, "D"]]


def test_without_a_question_in_focus_keys_answer_nothing_and_say_what_to_do(page, site):
    [candidate] = site.candidates()
    open_live_paper(page, site, candidate)
    told = page.locator("[data-notice=keys]")
    for key in ("c", "2", "m"):
        page.keyboard.press(key)
        expect(told).to_contain_text("还没有选中题目")
    expect(page.locator("[data-speech]")).to_contain_text("还没有选中题目")
    assert chosen(page) == []
    expect(page.locator("[data-mark][aria-pressed=true]")).to_have_count(0)
    page.keyboard.press("ArrowRight")
    expect(page.locator("fieldset[data-position='1']")).to_be_focused()
    expect(told).to_be_hidden()
    page.keyboard.press("c")
    assert chosen(page) == [[1, "C"]]


def test_the_focus_on_a_chosen_option_is_seen_on_every_ground(page, site, browser):
    [candidate] = site.candidates()
    open_live_paper(page, site, candidate)
    page.locator("#section-1").scroll_into_view_if_needed()
    option = page.locator("fieldset[data-position='1'] .option").first
    option.locator("input").check(force=True)
    eyes = browser.new_page()

    def picture(*, focused):
        option.locator("input").evaluate(
            "(input, focused) => focused ? input.focus() : input.blur()", focused
        )
        page.keyboard.press("Shift")  # a key was the last input: the focus is one that shows
        return b64encode(option.screenshot(animations="disabled")).decode()

    grounds = [
        ("none", size, ground)
        for size in ("standard", "large")
        for ground in ("paper", "almond", "grass", "night")
    ]
    for forced, size, ground in [*grounds, ("active", "standard", "paper")]:
        page.emulate_media(forced_colors=forced)
        page.evaluate(
            "changes => Object.assign(document.documentElement.dataset, changes)",
            {"size": size, "ground": ground},
        )
        sides = eyes.evaluate(CHANGED_SIDES, [picture(focused=False), picture(focused=True)])
        assert min(sides) > 0.8, (forced, size, ground, sides)
    eyes.close()


def test_the_office_sets_up_a_session(page, site):
    sign_in_by_keys(page, "officer", site.password)
    press(page, page.locator(".site-nav a[href='/office/sessions']"))
    press(page, page.locator("main a[href='/office/sessions/new']"))
    press(page, page.get_by_role("button", name="建立场次"))
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    press(page, summary.locator("a[href='#name']"))
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("键盘建立的场次")
    page.keyboard.press("Tab")
    page.keyboard.type("一号考场")
    press(page, page.locator("#is_rehearsal"), "Space")
    expect(page.locator("#is_rehearsal")).to_be_checked()
    press(page, page.get_by_role("button", name="建立场次"))
    expect(page.locator("h1")).to_have_text("键盘建立的场次")
    press(page, page.locator("main").get_by_role("link", name="办理准考"))
    tab_to(page, page.locator("input[type=file]"))
    expect(page.locator("h1")).to_have_text("考生名单")


def test_an_author_writes_a_question_with_a_blank(page, site):
    sign_in_by_keys(page, "author", site.password)
    page.goto("/bank/items/new")
    press(page, page.locator("input[name=type]:checked"), "ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("input[name=type][value=blank]")).to_be_checked()
    tab_to(page, page.locator("#stem"))
    page.keyboard.type("当事人应当自收到处罚决定书之日起")
    press(page, page.locator("[data-insert-blank]:visible"))
    expect(page.locator("#stem")).to_be_focused()
    page.keyboard.type("日内缴纳罚款。")
    tab_to(page, page.locator("#accepted-0"))
    page.keyboard.type("十五")
    tab_to(page, page.locator("#explanation"))
    page.keyboard.type("第六十七条第三款。")
    tab_to(page, page.locator("#citations-0-law"))
    page.keyboard.type("行政处罚法")
    press(page, page.locator("button[value='add citations']"))
    expect(page.locator("#citations-1-law")).to_be_focused()
    press(page, page.get_by_role("button", name="保存草稿"))
    summary = page.locator("[data-error-summary]")
    expect(summary).to_be_focused()
    press(page, summary.locator("a[href='#citations']"))
    expect(page.locator("#citations")).to_be_focused()
    tab_to(page, page.locator("#citations-0-article"))
    page.keyboard.type("67")
    page.keyboard.press("Enter")
    expect(page.locator(".editor-side .cited")).to_contain_text("第六十七条")
    press(page, page.get_by_role("button", name="保存草稿"))
    expect(page.locator("h1")).to_contain_text("试题 q-")
    expect(page.locator("main")).to_contain_text("十五")


def test_the_board_renews_itself_under_the_focus(page, site):
    [candidate] = site.candidates()
    [(session,)] = site.database("SELECT session_id FROM sitting WHERE id = ?", candidate.sitting)
    sign_in_by_keys(page, "officer", site.password)
    page.goto(f"/office/sessions/{session}/watch")
    person = page.locator(f"#person-{candidate.sitting}")
    tab_to(page, person)
    person.evaluate("element => { element.dataset.before = 'yes' }")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(person).not_to_have_attribute("data-before", "yes")
    expect(person).to_be_focused()
