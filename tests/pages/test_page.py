import base64
import hashlib
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from equipoise import plain_json
from equipoise.pages.page import embedded, page

HOSTILE = (
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "\u2028\u2029",
    "@CODE@ @STORY@ @STYLE@",
    "&lt;",
    "]]>",
    "\\u003c",
    '"',
)


def inlined(document: str) -> Any:
    return plain_json.loads(re.findall(r'<script type="application/json" id="story">(.*?)</script>', document, re.S)[0])


@pytest.mark.parametrize("text", HOSTILE)
def test_a_story_stays_data(text: str) -> None:
    document = page({"name": text, "recipe": text, text: [text]})
    assert inlined(document) == {"name": text, "recipe": text, text: [text]}
    assert document.count("<script") == 2 and document.count("<!--") == 0 and "<img" not in document
    assert len(re.findall("</script", document)) == 2


@given(
    st.recursive(st.text() | st.integers() | st.booleans(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_what_is_embedded_reads_back(value: Any) -> None:
    text = embedded({"story": value})
    assert not set(text) & set("<>&\u2028\u2029")
    assert plain_json.loads(text) == {"story": plain_json.numbered(value)}


def test_the_policy_names_the_pages_own_code_and_nothing_else() -> None:
    document = page({"name": "x"})
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', document)
    style, code = (
        re.findall(r"<style>(.*?)</style>", document, re.S)[0],
        re.findall(r"<script>(.*?)</script>", document, re.S)[0],
    )
    for kind, text in (("style-src", style), ("script-src", code)):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy and "img-src data:;" in policy and "unsafe" not in policy
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", document)


def test_the_title_is_escaped() -> None:
    assert "<title>&lt;b&gt; · equipoise</title>" in page({"name": "<b>"})
