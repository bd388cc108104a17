"""Makes logscrub/data/shapes.txt: which runs of letters speak for a name, which for an ordinary word.

    pip install --require-hashes -r requirements/lexicon.lock
    python scripts/train_shapes.py

For words that no list knows. A logistic regression over the runs of two to four letters of a word, its ends marked with ^
and $, learns to tell names.txt from words.txt; the same seed gives the same file. `logscrub/detect/names/lexicon.py` adds up the
weights. It is judged on names and code of other sources by benchmarks/names.py.
"""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

from logscrub.detect.names.lexicon import grams

DATA = Path(__file__).parents[1] / "logscrub" / "data"
SEED = 1
RAREST = 25
"""Runs that fewer words have are left out."""
SCALE = 10
"""Weights are written as whole tenths."""


def listed(name: str) -> list[str]:
    """The words of a list that are long enough to have a shape."""
    lines = (DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return [w for w in lines if not w.startswith("#") and 3 <= len(w) <= 16]


def main() -> None:
    names, words = listed("names"), listed("words")
    size = min(len(names), len(words))
    draw = random.Random(SEED)
    names, words = draw.sample(names, size), draw.sample(words, size)
    vectorizer = CountVectorizer(analyzer=grams, min_df=RAREST)
    features = vectorizer.fit_transform(names + words)
    is_name = np.r_[np.ones(size), np.zeros(size)]
    model = LogisticRegression(C=0.3, solver="liblinear", random_state=SEED).fit(features, is_name)
    print(f"{size} names, {size} words, {len(vectorizer.vocabulary_)} runs; fits {model.score(features, is_name):.4f} of them")
    weights = {run: round(SCALE * float(model.coef_[0][i])) for run, i in vectorizer.vocabulary_.items()}
    weights["bias"] = round(SCALE * float(model.intercept_[0]))
    lines = [f"{run} {weight}" for run, weight in sorted(weights.items()) if weight]
    head = f"# Made by scripts/train_shapes.py, which says how: weights of runs of letters in tenths. {len(lines)} runs.\n"
    (DATA / "shapes.txt").write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
