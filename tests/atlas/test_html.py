from html.parser import HTMLParser

from atlas.books import shipped, small

from thecal.atlas import compose, html

VOID = {"br", "meta", "link", "img", "hr"}


class Structure(HTMLParser):
    """Keeps what opens, what is left open, and where links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open += [tag] if tag not in VOID else []
        self.links += [value or "" for name, value in attrs if name == "href"]
        self.ids += [value or "" for name, value in attrs if name == "id"]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_every_shipped_article_is_well_formed_and_its_references_stand_on_the_page() -> None:
    shelf = shipped()
    for article in shelf.articles.values():
        seen = Structure(html.render(compose(article, shelf)))
        assert seen.open == []
        assert len(seen.ids) == len(set(seen.ids))
        assert {link[1:] for link in seen.links if link.startswith("#")} <= set(seen.ids)
        assert {link for link in seen.links if link.startswith("/")} <= {f"/atlas/{code}" for code in shelf.articles}


def test_text_is_escaped_and_links_start_with_the_base() -> None:
    shelf = small()
    told = html.render(compose(shelf.articles["tumour"], shelf), base="https://example.org/")
    assert "Mimics &lt;b&gt;none&lt;/b&gt;" in told
    assert '<a href="https://example.org/atlas/halo">halo</a>' in told


def test_a_sign_shows_its_gamut_with_links_to_the_entities() -> None:
    shelf = shipped()
    told = html.render(compose(shelf.articles["leptomeningeal_pattern"], shelf))
    assert "Described, not counted" in told
    assert '<a href="/atlas/leptomeningeal_metastases_solid">' in told
    assert "unreviewed" in told
