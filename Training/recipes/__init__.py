"""Recipes: TOML files that say what a run learns, and the values that they are read into."""

from Training.recipes.config import (
    DataConfig,
    OptimizerConfig,
    Precision,
    Recipe,
    RunConfig,
    ScheduleConfig,
    ValidationConfig,
)
from Training.recipes.interaction import (
    IDEAL_USER,
    SLOPPY_USER,
    ErrorRanges,
    InteractionConfig,
    UserRules,
)
from Training.recipes.masks import MaskConfig, PerturbationRanges
from Training.recipes.model import (
    MODALITIES,
    ExportOptions,
    HeadMaps,
    ModelRecipe,
    Pool,
    Reference,
    Role,
    Stage,
    read_model_recipe,
)
from Training.recipes.reading import read_recipe, recipe_from_table
from Training.recipes.sameness import refuse_other_recipe

__all__ = [
    "IDEAL_USER",
    "MODALITIES",
    "SLOPPY_USER",
    "DataConfig",
    "ErrorRanges",
    "ExportOptions",
    "HeadMaps",
    "InteractionConfig",
    "MaskConfig",
    "ModelRecipe",
    "OptimizerConfig",
    "PerturbationRanges",
    "Pool",
    "Precision",
    "Recipe",
    "Reference",
    "Role",
    "RunConfig",
    "ScheduleConfig",
    "Stage",
    "UserRules",
    "ValidationConfig",
    "read_model_recipe",
    "read_recipe",
    "recipe_from_table",
    "refuse_other_recipe",
]
