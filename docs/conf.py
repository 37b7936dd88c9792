"""Sphinx configuration; the shared settings come from sphinx-astropy."""

import os
import shutil
import sys
from importlib.metadata import version as installed_version

from sphinx_astropy.conf.v2 import *  # noqa: F403
from sphinx_astropy.conf.v2 import exclude_patterns, extensions, intersphinx_mapping

project = "astroclassify"
author = "The astroclassify developers"
copyright = f"2026, {author}"
release = installed_version("astroclassify")
version = ".".join(release.split(".")[:2])

# Generated anew each time, so that pages of names that are gone do not remain.
shutil.rmtree("api", ignore_errors=True)

sys.path.insert(0, os.path.abspath("_ext"))
extensions += ["sphinx_gallery.gen_gallery", "command_output"]
exclude_patterns += [
    "examples/*",
    "notebooks/*",
    "gallery/**/*.ipynb",
    "gallery/**/*.py",
    "sg_execution_times.rst",
]

# References to other projects need the network: they are looked up only where this is set.
if not os.environ.get("ASTROCLASSIFY_DOCS_ONLINE"):
    intersphinx_mapping.clear()

html_theme = "pydata_sphinx_theme"
html_title = "astroclassify"
html_theme_options = {
    "navigation_with_keys": False,
    "show_prev_next": True,
    "footer_start": ["copyright"],
    "header_links_before_dropdown": 6,
}
html_static_path = ["_static"]
html_css_files = ["wide.css"]
# Pages without a neighbour need no column for them.
html_sidebars = {"index": []}
html_show_sourcelink = False

plot_include_source = False
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("png", 110)]

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r".*\.py",
    "abort_on_example_error": True,
    "within_subsection_order": "gallery_order.ByPurpose",
    "download_all_examples": False,
    "plot_gallery": True,
    "remove_config_comments": True,
    "show_memory": False,
    "write_computation_times": False,
    "doc_module": ("astroclassify",),
}
