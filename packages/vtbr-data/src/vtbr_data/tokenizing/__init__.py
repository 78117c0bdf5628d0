"""How tokenizers are trained, measured and imported; `vtbr_data.tokenizer.tokenizer` puts it together."""
