"""Writes a small BERT that nobody trained, its tokenizer, and what onnxruntime makes of sentences.

`tiny/` is a folder as sentence-transformers and optimum export it. `expected.json` holds tokens by the
Python package `tokenizers` and embeddings by onnxruntime, pooled as sentence-transformers does (Reimers
and Gurevych 2019): the mean of the tokens that the mask counts, or the first token, then of length one.
"""

import json
import pathlib

import numpy as np
import onnxruntime
import tokenizers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from bert import INPUTS, bert, drawn

HERE = pathlib.Path(__file__).parent
TOKENS, WINDOWS = 12, 3
SENTENCES = [
    "The Committee decided to raise the target range for the federal funds rate.",
    "Inflation remained elevated, and participants saw upside risks to prices.",
    "Growth slowed; unemployment rose.",
    "Größere Unsicherheit über die Zinsen — naïve café, 利率 was 2.75%!",
    "rate",
    "Participants noted that " + "labor market conditions had improved further since the previous meeting, and " * 4 + "agreed.",
]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def word_piece():
    """As of BERT, uncased."""
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.train_from_iterator(SENTENCES, trainers.WordPieceTrainer(vocab_size=220, special_tokens=SPECIAL, show_progress=False))
    pair = [(name, made.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    made.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", pair)
    made.decoder = decoders.WordPiece()
    # Exports come with settings of their own, which do not count here.
    made.enable_truncation(5)
    made.enable_padding(length=40)
    return made


def byte_pairs():
    """As of RoBERTa: the expression that cuts words looks ahead."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    made.train_from_iterator(SENTENCES, trainers.BpeTrainer(vocab_size=330, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return made


def unigram():
    """As of XLM-RoBERTa: what SentencePiece does."""
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(tokenizers.Regex(" {2,}"), " ")])
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.train_from_iterator(SENTENCES, trainers.UnigramTrainer(vocab_size=120, special_tokens=["<s>", "</s>", "<unk>"], unk_token="<unk>", show_progress=False))
    made.post_processor = processors.TemplateProcessing("<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)])
    return made


def tokens(encoding):
    return {"ids": encoding.ids, "mask": encoding.attention_mask, "kinds": encoding.type_ids}


def hidden(session, encodings):
    arrays = {name: np.array([list(e.values())[place] for e in encodings], dtype=np.int64) for place, name in enumerate(INPUTS)}
    return session.run(None, arrays)[0]


def pooled(states, mask, pooling):
    if pooling == "cls":
        return states[0]
    mask = np.asarray(mask, dtype=np.float32)[:, None]
    return (states * mask).sum(0) / np.maximum(mask.sum(0), np.float32(1e-9))


def unit(vector):
    return vector / max(np.linalg.norm(vector), 1e-12)


def numbers(vector):
    return [float(v) for v in vector]


def main():
    folder = HERE / "tiny"
    folder.mkdir(exist_ok=True)
    tokenizer = word_piece()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    others = {"byte_pairs": byte_pairs(), "unigram": unigram()}
    for name, made in others.items():
        made.save(str(HERE / f"{name}.json"), pretty=False)
    weights = drawn(tokenizer.get_vocab_size(), width=24, inner=48, layers=2, positions=64, seed=5)
    raw = bert(weights, layers=2, heads=3).SerializeToString()
    (folder / "model.onnx").write_bytes(raw)
    session = onnxruntime.InferenceSession(raw, providers=["CPUExecutionProvider"])

    tokenizer.no_padding()
    tokenizer.enable_truncation(TOKENS)
    cases = []
    for text in SENTENCES:
        whole = tokenizer.encode(text)
        windows = [tokens(e) for e in [whole, *whole.overflowing][:WINDOWS]]
        states = [hidden(session, [window])[0] for window in windows]
        means = [pooled(s, w["mask"], "mean") for s, w in zip(states, windows)]
        cases.append({
            "text": text,
            "tokens": windows,
            "mean": numbers(means[0]),
            "mean_unit": numbers(unit(means[0])),
            "cls_unit": numbers(unit(pooled(states[0], windows[0]["mask"], "cls"))),
            "windows_unit": numbers(unit(np.mean([unit(m) for m in means], axis=0))),
        })
    # A batch, for which short texts are filled up: the mask must hide that.
    tokenizer.enable_padding()
    batch = [tokens(e) for e in tokenizer.encode_batch(SENTENCES)]
    states = hidden(session, batch)
    batch = [e | {"mean": numbers(pooled(s, e["mask"], "mean"))} for e, s in zip(batch, states)]
    expected = {
        "source": f"onnxruntime {onnxruntime.__version__}, tokenizers {tokenizers.__version__}",
        "max_tokens": TOKENS,
        "windows": WINDOWS,
        "cases": cases,
        "batch": batch,
        "others": {name: [made.encode(text).ids for text in SENTENCES] for name, made in others.items()},
    }
    (HERE / "expected.json").write_text(json.dumps(expected, separators=(",", ":"), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
