"""One file says everything of a node; what does not fit is told by its key."""

import pytest

from VSSegmentationLib.errors import ConfigError
from VSSegmentationLib.node.config import read_config

SMALL = """
folder = "/var/lib/vs-node"
[[peer]]
name = "pacs"
ae_title = "PACS"
host = "10.1.2.3"
port = 104
[[rule]]
name = "t2"
weighting = ["T2"]
"""


def read(tmp_path, text):
    (tmp_path / "node.toml").write_text(text)
    return read_config(tmp_path / "node.toml")


def test_the_smallest_file_listens_on_this_machine_and_sends_results_back(tmp_path):
    made = read(tmp_path, SMALL)
    assert (made.receive.address, made.receive.port, made.health.address) == ("127.0.0.1", 11112, "127.0.0.1")
    assert made.destination_of("pacs") is made.peer[0]
    assert made.wait.quiet_seconds == 30


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("[wait]\nquite_seconds = 3", "quite_seconds"),
        ('[receive]\nae_title = "FAR TOO LONG A TITLE"', "1 to 16 plain letters"),
        ("[receive]\ntls = true", r"tls = true needs \[tls\]"),
        ("[work]\nslots = 0", "1 or more, got 0"),
        ("[send]\nobjects = []", "at least one kind"),
        ('[[rule]]\nname = "x"\ndescription = "("', "must be a regular expression"),
        ('[[rule]]\nname = "x"\nsenders = ["nobody"]', "senders must be names"),
        ('[[server]]\nname = "web"\nurl = "http://10.0.0.1/dicom-web"', "clear text"),
        ('[[server]]\nname = "web"\nurl = "http://127.0.0.1.example.org/"', "clear text"),
        ('[[server]]\nname = "pacs"\nurl = "https://a.b/"', "names of their own"),
        ('[[server]]\nname = "web"\nurl = "https://a.b/"\nresults_to = "nobody"', "results_to must be"),
        ("[[", "no TOML"),
        ("[receive]\nport = 65536", r"receive\.port must be a number from 0 to 65535"),
        ("[health]\nport = -1", r"health\.port must be a number from 0 to 65535"),
        ('[[peer]]\nname = "x"\nae_title = "X"\nhost = "h"\nport = 70000', "peer x: port must be a number from 0"),
        ("[wait]\nquiet_seconds = -1", r"wait\.quiet_seconds must be 0 or more, got -1"),
        ("[keep]\nhours = -0.5", r"keep\.hours must be 0 or more, got -0\.5"),
        ("[send]\ngive_up_hours = -1", r"send\.give_up_hours must be 0 or more"),
        ("[work]\nthreads = 0", r"work\.threads must be 1 or more, got 0"),
        ("[work]\nseconds = -1", r"work\.seconds must be 0 or more"),
        ('[[rule]]\nname = "x"\nmin_images = -1', "rule x.min_images must be 0 or more"),
        ('[[server]]\nname = "web"\nurl = "https://a.b/"\npoll_seconds = -1', "server web.poll_seconds must be 0 or"),
        ('[[server]]\nname = "web"\nurl = "https://[::1/x"', "url must be an address"),
        ('[[server]]\nname = "web"\nurl = "https://a.b:port/x"', "url must be an address"),
        ('[[server]]\nname = "web"\nurl = "https:///x"', "url must be an address"),
        ("[[rule]]\nname = \"x\"\ndescription = '(a{9999999999999})'", "must be a regular expression"),
    ],
)
def test_what_does_not_fit_is_told(tmp_path, more, told):
    with pytest.raises(ConfigError, match=told):
        read(tmp_path, f"{SMALL}\n{more}\n")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"/var/lib/vs-node"', '"vs-node"', "whole path"),
        ('[[rule]]\nname = "t2"\nweighting = ["T2"]', "", r"needs a \[\[rule\]\]"),
        ('name = "pacs"', 'name = "Our PACS"', "letters a-z"),
        ('["T2"]', '["t2"]', "weighting"),
    ],
)
def test_what_is_needed_is_asked_for(tmp_path, old, new, told):
    assert old in SMALL
    with pytest.raises(ConfigError, match=told):
        read(tmp_path, SMALL.replace(old, new))


def test_a_file_that_is_not_there_is_told_without_its_path(tmp_path):
    with pytest.raises(ConfigError, match=r"^the configuration cannot be read \(No such file or directory\)$"):
        read_config(tmp_path / "absent.toml")
