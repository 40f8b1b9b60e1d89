"""What a manifest says about downloads is checked before anything is fetched."""

from __future__ import annotations

import pytest

from etl.datasets.findings import DatasetError

HTTP = '\n[[download]]\nfile = "values.csv"\nkind = "http"\nurl = "https://stadt.invalid/values.csv"\n'


def problems(dataset) -> list[str]:
    with pytest.raises(DatasetError) as refused:
        dataset.source()
    return [one.sentence() for one in refused.value.findings]


def test_a_download_of_a_file_of_the_manifest_is_fine(dataset) -> None:
    dataset.add(HTTP)
    assert [one.file for one in dataset.source().manifest.downloads] == ["values.csv"]


def test_periods_make_one_download_each(dataset) -> None:
    dataset.manifest('file = "values.csv"', 'file = "values-{period}.csv"')
    dataset.manifest('period_column = "jahr"', 'periods = ["2020", "2021"]')
    dataset.add(HTTP.replace("values.csv", "values-{period}.csv") + 'periods = ["2020", "2021"]\n')
    downloads = dataset.source().manifest.downloads
    assert [(one.file, one.url) for one in downloads] == [
        (f"values-{year}.csv", f"https://stadt.invalid/values-{year}.csv") for year in ("2020", "2021")
    ]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (HTTP.replace("https://", "ftp://"), "not an address of the web"),
        (HTTP.replace("https://", "https://me:secret@"), "the address has a password in it: stadt.invalid"),
        (HTTP + 'layer = "x"\n', "layer is not for http; it is for wfs and ogc-features"),
        (HTTP + HTTP, "'values.csv' is downloaded twice"),
        (HTTP.replace('"values.csv"', '"other.csv"', 1), "nothing reads 'other.csv'"),
        (HTTP.replace('"http"', '"ftp"'), "download number 1 kind is 'ftp'"),
        (HTTP.replace('"http"', '"wfs"'), "a download of kind wfs needs layer"),
        (
            HTTP.replace('"http"', '"wfs"'),
            "a download of kind wfs makes no 'values.csv'; give a name that ends in .geojson",
        ),
        (HTTP.replace('"http"', '"leipzig"'), "a download of kind leipzig needs category"),
        (HTTP + "most_mb = 0\n", "most_mb is 0"),
        (HTTP + 'periods = ["2020"]\n', "and periods belong together"),
        (HTTP.replace('"values.csv"', '"../values.csv"', 1), "leads out of the folder"),
        (
            '\n[[download]]\nfile = "areas.geojson"\nkind = "wfs"\nurl = "https://stadt.invalid/wfs"\nlayer = "x"\n'
            'in_box = true\ncrs = "EPSG:0"\npage_size = 0\nquery = { COUNT = "5" }\n',
            "'COUNT' is set by ourselves",
        ),
    ],
)
def test_what_contradicts_itself_is_told(dataset, change: str, what: str) -> None:
    if "../" in change:
        dataset.manifest('file = "values.csv"', 'file = "../values.csv"')
    dataset.add(change)
    told = problems(dataset)
    assert any(what in one for one in told), told
    assert all("line " in one for one in told)
    assert "secret" not in " ".join(told)


@pytest.mark.parametrize(
    "name",
    ["token", "key", "apikey", "API_KEY", "password", "secret", "sig", "signature", "access_token", "auth",
     "X-Amz-Signature", "subscription-key"],
)  # fmt: skip
def test_a_download_with_a_key_is_refused_and_the_key_is_not_told(dataset, name: str) -> None:
    asked = HTTP.replace("/values.csv", f"/values.csv?jahr=2020&{name}=geheim1")
    dataset.add(f'{asked}query = {{ "{name}" = "geheim2" }}\n')
    told = problems(dataset)
    assert [one.split(", column ")[1].split(":")[0] for one in told] == ["'url'", "'query'"]
    assert all(f"the parameter '{name}' looks like a key or a password" in one for one in told)
    assert all("give its folder with --from" in one for one in told)
    assert "geheim" not in " ".join(told)


def test_parameters_that_only_sound_a_little_like_a_key_are_fine(dataset) -> None:
    dataset.add(
        HTTP + 'query = { keyword = "a", area_key = "01", schluessel = "2", design = "b", author = "c" }\n'
    )
    assert len(dataset.source().manifest.downloads) == 1


def test_everything_is_told_in_one_pass(dataset) -> None:
    dataset.manifest('file = "areas.gpkg"', 'file = "areas.geojson"')
    dataset.add(
        '\n[[download]]\nfile = "areas.geojson"\nkind = "wfs"\nurl = "https://stadt.invalid/wfs"\nlayer = "x"\n'
        'in_box = true\ncrs = "EPSG:0"\npage_size = 0\nquery = { COUNT = "5" }\n'
    )
    told = " ".join(problems(dataset))
    for what in (
        "the city has no box",
        "'EPSG:0' is no CRS",
        "page_size is 0",
        "'COUNT' is set by ourselves",
    ):
        assert what in told
