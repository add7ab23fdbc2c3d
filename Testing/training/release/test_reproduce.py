"""A model made from nothing by its recipe, killed and gone on with, on a tiny scale."""

import shutil
from pathlib import Path

import pytest
import torch

from Testing.support.toy_reproduction import make_in_a_process, reproduction, write_recipes
from Testing.training.synthesis.conftest import block_head, write_head
from Training.__main__ import main
from Training.recipes import ModelRecipe, Reference, read_model_recipe
from Training.release.reproduce import RECIPES
from Training.release.scaling import scaled_pools, scaled_recipe
from Training.weights import load_checkpoint, weights_of
from VSSegmentationLib.errors import CancelledError, ConfigError, UsageError
from VSSegmentationLib.inference import load_model
from VSSegmentationLib.models import card_path, find_model, read_card

SHIPPED = RECIPES.parents[1] / "VSSegmentationLib" / "models"
MODELS = sorted(path for path in RECIPES.glob("*.toml") if "[[stage]]" in path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heads")
    (folder / "some" / "where").mkdir(parents=True)
    write_head(folder / "blocks.nii.gz", block_head())
    write_head(folder / "some" / "where" / "held_out.nii.gz", block_head())
    return folder


@pytest.fixture(scope="module")
def recipes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_recipes(tmp_path_factory.mktemp("recipes"))


@pytest.fixture(scope="module")
def made(heads: Path, recipes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which `toy` was made without any interruption."""
    out = tmp_path_factory.mktemp("made") / "runs"
    torch.set_num_threads(1)
    reproduction(recipes, heads, out).make_model("toy")
    return out


@pytest.fixture
def begun(made: Path, tmp_path: Path) -> Path:
    """A folder with the same heads and pools, and no run."""
    out = tmp_path / "runs"
    for name in ("heads", "pools"):
        shutil.copytree(made / name, out / name)
    return out


def weights(file: Path) -> dict[str, torch.Tensor]:
    return dict(weights_of(load_checkpoint(file)))


def times(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_a_model_file_comes_from_nothing_with_what_its_recipe_says_of_it(made: Path):
    assert [len(list((made / "pools" / split).glob("*.npz"))) for split in ("training", "validation")] == [2, 1]
    file = made / "toy" / "toy.pt"
    bundle, card = load_model(file), read_card(card_path(file))
    assert (card.name, card.version, card.role, card.modality) == ("toy", "5", "segmenter", "ceT1")
    assert card.locator_name == bundle.locator_name == "toy_locator"
    assert bundle.settings.certainty.mean_probability == (0.7, 0.7)
    assert (bundle.settings.window.at_pori, bundle.settings.window.size_dhw) == (True, (6, 24, 24))
    assert bundle.provenance["recipe"] == "toy"
    assert bundle.provenance["steps"] == 8 + 4


def test_the_weights_are_the_mean_that_the_recipe_asks_for(made: Path):
    folder = made / "toy"
    assert load_checkpoint(folder / "first" / "after_4.pt")["step"] == 4
    parts = [folder / "first" / "checkpoint.pt", folder / "first" / "after_4.pt", folder / "second" / "checkpoint.pt"]
    states = [weights(part) for part in parts]
    found = load_model(folder / "toy.pt").network.state_dict()
    for name, value in states[0].items():
        if value.is_floating_point():
            expected = sum(state[name] for state in states) / 3
            torch.testing.assert_close(found[name], expected, atol=2e-3, rtol=2e-3)  # stored as float16


def test_a_stage_begins_with_the_weights_that_it_names(made: Path, heads: Path, recipes: Path, begun: Path):
    short = begun.parent / "short"
    shutil.copytree(recipes, short)
    text = (short / "toy.toml").read_text(encoding="utf-8")
    still = text.replace("steps = 4\n[stage.change]", "steps = 4\n[stage.change]\noptimizer.learning_rate = 1e-12")
    (short / "toy.toml").write_text(still, encoding="utf-8")
    reproduction(short, heads, begun).make_model("toy")
    begin, end = weights(begun / "toy" / "first" / "best.pt"), weights(begun / "toy" / "second" / "checkpoint.pt")
    learned = [name for name in begin if name.rpartition(".")[2] in ("weight", "bias")]  # norms follow what they see
    assert all(torch.allclose(begin[name], end[name], atol=1e-6) for name in learned)


@pytest.mark.parametrize(
    "steps", [3, pytest.param(10, marks=pytest.mark.slow)]
)  # in the first stage, before what is kept of it; in the second, which is the same once more
def test_what_was_killed_goes_on_and_ends_with_the_same_weights(
    made: Path, heads: Path, recipes: Path, begun: Path, steps: int
):
    assert make_in_a_process("toy", recipes, heads, begun, "--kill-after", str(steps)) == -9
    assert not (begun / "toy" / "toy.pt").exists()
    before = times(begun / "toy" / "first") if steps > 8 else {}
    reproduction(recipes, heads, begun).make_model("toy")
    assert times(begun / "toy" / "first").items() >= before.items(), "a stage that was done is not done again"
    for stage in ("first/checkpoint.pt", "first/after_4.pt", "second/checkpoint.pt", "mean/mean.pt"):
        whole, mended = weights(made / "toy" / stage), weights(begun / "toy" / stage)
        assert all(torch.equal(whole[name], mended[name]) for name in whole), stage


def test_a_stop_leaves_a_checkpoint_and_says_what_goes_on(heads: Path, recipes: Path, begun: Path):
    asked = iter([False, False, *[True] * 9])
    work = reproduction(recipes, heads, begun, should_stop=lambda: next(asked))
    with pytest.raises(CancelledError, match="the same command goes on from there"):
        work.make_model("toy")
    assert load_checkpoint(begun / "toy" / "first" / "checkpoint.pt")["step"] == 3


def test_nothing_is_done_twice(made: Path, heads: Path, recipes: Path):
    before = times(made)
    reproduction(recipes, heads / "nowhere", made).make_model("toy")
    assert times(made) == before
    (made / "toy" / "toy.pt").unlink()
    reproduction(recipes, heads, made).make_model("toy")
    after = times(made)
    changed = {path.name for path in after if after[path] != before[path]}
    assert changed == {"toy.pt", "toy.card.json"}


def test_other_models_that_are_needed_are_made_first(made: Path, heads: Path, recipes: Path, tmp_path: Path):
    out = tmp_path / "runs"
    shutil.copytree(made, out)
    reproduction(recipes, heads, out).make_model("divides")
    assert read_card(out / "divides" / "divides.card.json").role == "divider"
    assert load_model(out / "divides" / "divides.pt").settings.certainty.boundary_spread_mm == (0.4, 2)
    shutil.rmtree(out / "toy")
    reproduction(recipes, heads, out).make_model("follows")
    assert {path.name for path in (out / "toy").iterdir() if path.is_dir()} == {"first"}, "no further than needed"
    assert load_checkpoint(out / "follows" / "only" / "checkpoint.pt")["step"] == 2


def test_weights_that_ship_are_taken_where_that_is_asked_for(heads: Path, recipes: Path, begun: Path):
    own = begun.parent / "own"
    shutil.copytree(recipes, own)
    text = (own / "follows.toml").read_text(encoding="utf-8")
    network = text[text.index("[network]") : text.index("[loss]")]
    like_t2 = '[network]\nbase = "spvpa"\nchannels = [12, 24, 36, 48, 60]\nout_channels = 4\nnorm = "instance"\n\n'
    text = text.replace(network, like_t2).replace("toy:first", "spvpa_t2_synthetic:ears")
    text = text.replace("[data.options]\n", "[data.options]\nkeep_cochlea = true\n")
    still = text.replace("steps = 2\n", "steps = 1\n").replace("learning_rate = 1e-2", "learning_rate = 1e-12")
    (own / "follows.toml").write_text(still, encoding="utf-8")
    reproduction(own, heads, begun, take_shipped=True).make_model("follows")
    shipped = load_model(find_model("spvpa_t2_synthetic")).network.state_dict()
    found = weights(begun / "follows" / "only" / "checkpoint.pt")
    assert all(torch.allclose(found[name], value, atol=1e-6) for name, value in shipped.items())
    assert not (begun / "spvpa_t2_synthetic").exists()


def test_what_does_not_fit_together_is_refused_before_anything_is_trained(
    made: Path, heads: Path, recipes: Path, tmp_path: Path
):
    with pytest.raises(UsageError, match="begun with another recipe, --scale"):
        reproduction(recipes, heads, made, scale=0.5).make_model("toy")
    with pytest.raises(UsageError, match=r"2 of 2 head label maps .* blocks\.nii\.gz.*; they come from a test"):
        reproduction(recipes, tmp_path, tmp_path / "runs").make_model("toy")
    other = tmp_path / "other"
    shutil.copytree(recipes, other)
    text = (other / "toy.toml").read_text(encoding="utf-8").replace("seed = 32", "seed = 33")
    (other / "toy.toml").write_text(text, encoding="utf-8")
    out = tmp_path / "pools_only"
    for name in ("heads", "pools"):
        shutil.copytree(made / name, out / name)
    with pytest.raises(UsageError, match="the pool 'training' in this --out was drawn otherwise"):
        reproduction(other, heads, out).make_model("toy")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('start_from = "first/best"', 'start_from = "third"'), "takes 'third', which is no earlier stage"),
        (('name = "second"', 'name = "first"'), "two stages have the name 'first'"),
        (("keep_after = [4]", "keep_after = [8]"), "must lie between 0 and its steps"),
        (('mean_of = ["first", ', 'steps = 2\nmean_of = ["first", '), "needs either steps or mean_of"),
        (('folder = "pools/validation"', 'folder = "pools/x"'), "'pools/validation', of which no .*pool.* tells"),
        (("data.options.tumor_share", "data.optons.tumor_share"), "unknown key 'optons'"),
        (('locator_name = "toy_locator"', 'locater = "x"'), "unknown key 'locater'"),
    ],
)
def test_mistakes_in_a_recipe_are_named(recipes: Path, tmp_path: Path, change: tuple[str, str], said: str):
    text = (recipes / "toy.toml").read_text(encoding="utf-8")
    assert change[0] in text
    (tmp_path / "toy.toml").write_text(text.replace(*change), encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        read_model_recipe(tmp_path / "toy.toml")


def test_recipes_that_need_one_another_are_refused(heads: Path, recipes: Path, begun: Path, tmp_path: Path):
    text = (recipes / "toy.toml").read_text(encoding="utf-8")
    text = text.replace('name = "first"\n', 'name = "first"\nstart_from = "follows:only"\n')
    around = tmp_path / "around"
    shutil.copytree(recipes, around)
    (around / "toy.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="the recipes of toy and follows need one another"):
        reproduction(around, heads, begun).make_model("toy")


def test_the_command_makes_a_model_and_refuses_in_one_sentence(
    made: Path, recipes: Path, heads: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("Training.running.stopping.signal.signal", lambda *_: None)
    words = ["reproduce", str(recipes / "toy.toml"), "--heads", str(heads), "--out", str(made)]
    assert main(words) == 0
    assert "toy: the model file is there already" in capsys.readouterr().out
    for wrong in (["--scale", "0"], ["--processes", "0"], ["--threads", "0"]):
        assert main([*words, *wrong]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert main(["reproduce", "boundary_one_stage"]) == 2
    assert "is the recipe of a single run" in capsys.readouterr().err
    assert main(["reproduce", "no_such_model"]) == 2


def test_a_scale_makes_everything_smaller_and_nothing_vanish():
    recipe = read_model_recipe(RECIPES / "spvpa_t2_synthetic.toml")
    first = recipe.recipe_of(recipe.stage[0])
    small = scaled_recipe(first, 0.01)
    assert (small.run.steps, small.run.validate_every, small.run.checkpoint_every) == (20, 10, 1)
    assert small.optimizer.schedule.warmup_steps == 2
    assert scaled_recipe(first, 1) == first
    assert [pool.count for pool in scaled_pools(recipe.pool, 0.01)] == [2, 3, 1]
    assert [pool.count for pool in scaled_pools(recipe.pool, 0.5)] == [100, 130, 4]


@pytest.fixture(params=MODELS, ids=lambda path: path.stem)
def shipped(request: pytest.FixtureRequest) -> ModelRecipe:
    return read_model_recipe(request.param)


def test_every_model_that_ships_has_a_recipe():
    assert {path.stem for path in MODELS} >= {path.stem for path in SHIPPED.glob("*_synthetic.pt")}


def test_a_recipe_says_of_its_model_what_the_card_says(shipped: ModelRecipe):
    if not (SHIPPED / f"{shipped.name}.pt").is_file():
        pytest.skip(f"{shipped.name} has a recipe and no weights that ship")
    card = read_card(SHIPPED / f"{shipped.name}.card.json")
    told = shipped.export
    assert (told.role, told.modality, told.locator_name) == (card.role, card.modality, card.locator_name)


def test_what_a_shipped_recipe_takes_of_other_models_is_there(shipped: ModelRecipe):
    for text in (text for stage in shipped.stage for text in stage.references):
        reference = Reference(text)
        other = shipped if reference.model is None else read_model_recipe(RECIPES / f"{reference.model}.toml")
        stage = next(each for each in other.stage if each.name == reference.stage)
        assert not reference.state or reference.state == "best" or int(reference.state) in stage.keep_after
    assert all((RECIPES / f"{name}.toml").is_file() for name in shipped.needed_models)


def test_shipped_recipes_share_their_heads_and_draw_pools_of_one_name_alike(shipped: ModelRecipe):
    others = [read_model_recipe(path) for path in MODELS]
    assert all(other.heads == shipped.heads for other in others)
    for folder in {pool.folder for pool in shipped.pool}:
        drawn = [[pool for pool in other.pool if pool.folder == folder] for other in others]
        assert all(each == drawn[0] for each in drawn if each and drawn[0])
