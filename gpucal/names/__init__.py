"""How steps, pipelines and files of products are called."""
