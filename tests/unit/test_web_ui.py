"""Does the design system hold what it promises: words, formats, addresses, headers, colours?"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urljoin

import pytest
from litestar import Litestar, Request, get
from litestar.params import FromPath
from litestar.response import Response
from litestar.testing import RequestFactory, TestClient

from tael.channels.model import ExchangeKind
from tael.channels.port import BillKind, ErrorClass, Operation, Product
from tael.foundation.clock import SystemClock
from tael.foundation.errors import Refusal, Throttled
from tael.foundation.money import Money
from tael.foundation.proposals import ProposalState
from tael.partners.api import VERBS, action_of
from tael.partners.model import (
    DeadlineKind,
    DocumentKind,
    DrillState,
    ItemResult,
    Lack,
    Part,
    PolicyState,
    State,
)
from tael.partners.rules.way import CHECKS
from tael.routing.model import Health, RuleVerb, WhyNot
from tael.web.console.asks import ASKS, OPENING
from tael.web.ui import formats
from tael.web.ui.assets import collect_assets, make_asset
from tael.web.ui.headers import content_security_policy, page_headers
from tael.web.ui.i18n import CATALOGUES, Language, choose_language
from tael.web.ui.pages import UI_ASSETS, UI_FOLDER, PageRequest
from tael.web.ui.problems import problem_page, refusal_page, wants_page
from tael.web.ui.routes import asset_routes, gallery_routes

WEB = UI_FOLDER.parent
CHINESE, ENGLISH = CATALOGUES[Language.CHINESE].messages, CATALOGUES[Language.ENGLISH].messages
LITERAL_KEY = re.compile(r"""\b(?:t|say)\(\s*["']([a-z_.]+)["']\s*[,)]""")
DYNAMIC_KEYS = re.compile(
    r"form\.wrong_of\.\w+|checkout\.\w+\.(title|text|status)|problem\.\w+\.(title|text)|console\.\w+\.(title|lead)|console\.\w+_of\.\w+"
    r"|method_of\.\w+|checkout\.(group|coupon)_of\.\w+|counter\.state_of\.\w+"
    r"|hosted\.wrong\.\w+|console\.stumble\.\w+\.(title|text)|portal\.\w+\.(title|lead)|portal\.\w+_of\.\w+|portal\.stumble\.\w+\.(title|text)"
    r"|bank_of\.\w+|wallet\.\w+\.(title|about)|wallet\.bar\.\w+|wallet(\.\w+)?\.\w+_of\.[\w ,-]+|wallet\.stumble\.\w+\.(title|text)"
    r"|wallet\.verification\.(source_about|source_lead|picture_hint)\.\w+|wallet\.privacy\.(purpose|leave_means)\.\w+"
)
"""Keys that templates put together from a state or a kind of problem; pages of each are rendered in tests."""


def used_keys() -> set[str]:
    sources = [*WEB.rglob("*.html"), *WEB.rglob("*.py")]
    return {key for path in sources for key in LITERAL_KEY.findall(path.read_text(encoding="utf-8"))}


# Words


def test_both_languages_say_the_same_things() -> None:
    assert CHINESE.keys() == ENGLISH.keys()


def test_a_message_has_the_same_placeholders_in_both_languages() -> None:
    for key, text in CHINESE.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", ENGLISH[key])), key


def test_each_message_that_a_template_asks_for_exists() -> None:
    assert len(used_keys()) > 40
    assert used_keys() - CHINESE.keys() == set()


def test_no_message_is_left_over() -> None:
    used = used_keys()
    assert {key for key in CHINESE if key not in used and not DYNAMIC_KEYS.fullmatch(key)} == set()


@pytest.mark.parametrize(
    ("words", "things"),
    [
        ("product_of", Product),
        ("operation_of", Operation),
        ("state_of", State),
        ("health_of", Health),
        ("part_of", Part),
        ("occasion_of", ExchangeKind),
        ("proposal_of", ProposalState),
        ("bill_of", BillKind),
        ("gate_of", Lack),
        ("document_kind_of", DocumentKind),
        ("deadline_kind_of", DeadlineKind),
        ("policy_state_of", PolicyState),
        ("drill_state_of", DrillState),
        ("item_result_of", ItemResult),
        ("rule_verb_of", RuleVerb),
        ("why_not_of", WhyNot),
        ("error_class_of", ErrorClass),
    ],
)
def test_the_console_has_a_word_for_everything_that_there_is(words: str, things: type[StrEnum]) -> None:
    named = {key.rpartition(".")[2] for key in CHINESE if key.startswith(f"console.{words}.")}
    assert named == set(things)


def words_of(table: str) -> set[str]:
    return {key.rpartition(".")[2] for key in CHINESE if key.startswith(f"console.{table}.")}


def test_each_form_check_and_verb_about_partners_has_its_words() -> None:
    verbs = {action_of(command).removeprefix("partners.") for command in VERBS} | {"step_back"}
    assert words_of("verb_of") == verbs
    assert words_of("check_of") == {name for checks in CHECKS.values() for name in checks}
    assert set(ASKS) <= words_of("ask_of")
    assert {f"partner_{name}" for name, ask in ASKS.items() if not ask.together} <= words_of("said_of")
    entries = [entry for ask in (*ASKS.values(), OPENING) for entry in ask.entries if entry.kind != "hidden"]
    assert {entry.label for entry in entries} <= CHINESE.keys()
    options = {f"console.{entry.options_words}.{each}" for entry in entries for each in entry.options}
    assert options <= CHINESE.keys()


def test_a_message_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        CATALOGUES[Language.ENGLISH].say("checkout.no_such_message")


@pytest.mark.parametrize(
    ("asked", "remembered", "accepted", "chosen"),
    [
        ("en", "zh-CN", "zh-CN", Language.ENGLISH),
        (None, "en", "zh-CN", Language.ENGLISH),
        (None, None, "en-GB,en;q=0.9,zh;q=0.8", Language.ENGLISH),
        (None, None, "en;q=0.5, zh-TW;q=0.9", Language.CHINESE),
        (None, None, "fr, en;q=0.3", Language.ENGLISH),
        (None, None, "en;q=0, fr", Language.CHINESE),
        (None, None, "en;q=nonsense", Language.CHINESE),
        ("tlh", "<script>", "", Language.CHINESE),
    ],
)
def test_the_readers_language_is_found(
    asked: str | None, remembered: str | None, accepted: str, chosen: Language
) -> None:
    assert choose_language(asked=asked, remembered=remembered, accepted=accepted) is chosen


# Formats


@pytest.mark.parametrize(
    ("money", "chinese", "english"),
    [
        (Money(1_280, "CNY"), "¥12.80", "CN¥12.80"),
        (Money(5, "CNY"), "¥0.05", "CN¥0.05"),
        (Money(123_456_789_012, "CNY"), "¥1,234,567,890.12", "CN¥1,234,567,890.12"),
        (Money(-500, "CNY"), "\N{MINUS SIGN}¥5.00", "\N{MINUS SIGN}CN¥5.00"),
        (Money(980, "JPY"), "JP¥980", "¥980"),
        (Money(1_500, "KWD"), "KWD\N{NO-BREAK SPACE}1.500", "KWD\N{NO-BREAK SPACE}1.500"),
    ],
)
def test_amounts_are_written_for_the_reader(money: Money, chinese: str, english: str) -> None:
    assert formats.amount_text(money, Language.CHINESE) == chinese
    assert formats.amount_text(money, Language.ENGLISH) == english


def test_times_are_those_of_china() -> None:
    moment = datetime(2025, 12, 31, 16, 5, tzinfo=UTC)
    assert formats.moment_text(moment, Language.CHINESE) == "1月1日 00:05"
    assert formats.moment_text(moment, Language.ENGLISH) == "1 Jan, 00:05 (UTC+8)"


def test_a_span_of_whole_days_is_written_in_days_with_its_last_one() -> None:
    begin, end = datetime(2026, 11, 22, 16, tzinfo=UTC), datetime(2027, 1, 1, 16, tzinfo=UTC)
    assert formats.day_or_minute_text(begin) == "2026-11-23"
    assert formats.day_or_minute_text(end, as_end=True) == "2027-01-01"
    assert formats.day_or_minute_text(end.replace(minute=30), as_end=True) == "2027-01-02 00:30"


@pytest.mark.parametrize(
    ("user_agent", "text"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36", "Chrome · Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Mobile/15E148 Safari/604.1", "Safari · iPhone"),
        ("curl/8.5", "curl/8.5"),
    ],
)  # fmt: skip
def test_a_device_is_called_by_its_browser_and_its_system(user_agent: str, text: str) -> None:
    assert formats.device_text(user_agent) == text


def test_what_nobody_has_a_word_for_is_called_by_its_own_name() -> None:
    say = CATALOGUES[Language.ENGLISH].word
    assert say("method_of", "wechat_pay") == "WeChat Pay"
    assert say("portal.entry_of", "payment.captured") == "Captured"
    assert say("method_of", "shells") == "shells"


@pytest.mark.parametrize(
    ("seconds", "text"), [(872, "14:32"), (3_900, "1:05:00"), (9, "00:09"), (-4, "00:00")]
)
def test_a_countdown_never_goes_below_zero(seconds: int, text: str) -> None:
    assert formats.countdown_text(seconds) == text


# Delivery


def test_the_address_of_a_file_changes_with_its_content(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    before = collect_assets(tmp_path)["a.css"].address
    (tmp_path / "a.css").write_text("a{color:red}")
    assert collect_assets(tmp_path)["a.css"].address != before


def test_a_bundle_replaces_its_parts() -> None:
    assert "tael.css" in UI_ASSETS
    assert "tokens.css" not in UI_ASSETS


def test_a_file_of_an_unknown_kind_is_not_served() -> None:
    with pytest.raises(ValueError, match="are not served"):
        make_asset("notes.txt", b"")


def refusals(_: PageRequest, refusal: Refusal) -> Response[str]:
    return Response(refusal.message, status_code=refusal.status)


def test_files_are_kept_for_ever_under_their_own_hash_only() -> None:
    asset = UI_ASSETS["tael.css"]
    with TestClient(Litestar(asset_routes(), exception_handlers={Refusal: refusals})) as client:
        answer = client.get(asset.address)
        assert answer.headers["content-type"] == "text/css; charset=utf-8"
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.content == asset.content
        plain = client.get(asset.address, headers={"accept-encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert plain.content == asset.content
        assert client.get("/assets/000000000000/tael.css").headers["cache-control"] == "no-store"
        assert client.get("/assets/000000000000/none.css").status_code == 404
        assert client.get("/favicon.ico").headers["content-type"] == "image/svg+xml"


def test_two_surfaces_cannot_both_have_a_file_of_one_name() -> None:
    with pytest.raises(ValueError, match=r"tael\.css"):
        asset_routes(UI_ASSETS)


def test_the_policy_allows_one_nonce_and_no_html_sink() -> None:
    directives = dict(part.partition(" ")[::2] for part in content_security_policy("abc").split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'nonce-abc'"
    assert directives["style-src"] == "'self'"
    assert directives["require-trusted-types-for"] == "'script'"
    assert directives["trusted-types"] == "'none'"
    assert "unsafe" not in content_security_policy("abc")
    assert page_headers("abc")["Cache-Control"] == "no-store"


def test_no_template_holds_an_inline_style_or_handler() -> None:
    for path in WEB.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", text), path.name


def test_no_form_stands_in_a_paragraph_which_a_browser_would_end_before_it() -> None:
    paragraphs = re.compile(r"<p\b[^>]*>((?:(?!</p>).)*)</p>", re.DOTALL)
    found = {path.name: paragraphs.findall(path.read_text("utf-8")) for path in WEB.rglob("*.html")}
    assert {name for name, inside in found.items() if any("press(" in text for text in inside)} == set()


def test_the_dark_colours_stand_twice_and_alike() -> None:
    tokens = (UI_FOLDER / "assets" / "tokens.css").read_text(encoding="utf-8")
    by_device, by_choice = (
        [line.strip() for line in block.strip().splitlines()]
        for block in re.findall(
            r':root(?:\:not\(\[data-theme="light"\]\)|\[data-theme="dark"\]) \{([^}]+)\}', tokens
        )
    )
    assert by_device == by_choice
    assert len(by_device) > 15


def test_each_colour_and_size_in_the_styles_is_a_token() -> None:
    for path in WEB.rglob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert (
            not re.search(r"#[0-9a-f]{6}\b|font-size: [\d.]+(px|rem)", text) or path.name == "tokens.css"
        ), path.name


# Pages


def test_every_problem_has_words_in_both_languages() -> None:
    @get("/problem/{status:int}")
    async def show(request: PageRequest, status: FromPath[int]) -> Response[bytes]:
        assert wants_page(request)
        return problem_page(request, status=status, reference="req_1 & <b>")

    @get("/busy", exception_handlers={Refusal: refusal_page})
    async def busy() -> None:
        raise Throttled("Too many.", retry_after_seconds=7)

    with TestClient(Litestar([show, busy])) as client:
        client.headers["accept"] = "text/html"
        for language in Language:
            for status in (400, 401, 403, 404, 405, 410, 429, 500, 503):
                answer = client.get(f"/problem/{status}?lang={language}")
                assert answer.status_code == status
                assert f'<html lang="{language}">' in answer.text
                assert "req_1 &amp; &lt;b&gt;" in answer.text
        assert client.get("/busy").headers["retry-after"] == "7"


@pytest.mark.parametrize(
    "path", ["//evil.example/x", "///evil.example/x", "/\\evil.example", "/\t/evil.example"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_leads_to_no_other_host_whatever_its_address(path: str, method: str) -> None:
    request: PageRequest = RequestFactory().get("/")
    request.scope["path"], request.scope["method"] = path, method  # type: ignore[typeddict-item]
    request.scope["headers"] = (
        [(b"referer", b"http://us.example" + path.encode())] if method == "POST" else []
    )
    page = problem_page(Request(request.scope), status=404).content.decode()
    [link] = re.findall(r'class="language-switch" href="([^"]*)"', page)
    assert not urljoin("http://us.example/", link.replace("\\", "/").replace("\t", "")).startswith(
        "http://evil"
    )
    assert re.match(r"/[a-z%]", link), link


def test_the_gallery_shows_every_component_and_remembers_the_theme() -> None:
    with TestClient(Litestar([*gallery_routes(SystemClock()), *asset_routes()])) as client:
        assert "data-theme" not in client.get("/ui").text
        assert 'data-theme="dark"' in client.get("/ui?theme=dark").text
        again = client.get("/ui")
        assert 'data-theme="dark"' in again.text
        assert all(
            f'class="{name}' in again.text for name in ("pill", "toast", "field", "note", "empty", "seal")
        )
