"""How tokenizers are trained, measured and imported; `vtbr_data.tokenizer` puts it together."""
