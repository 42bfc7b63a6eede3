"""What is masked and cleaned of flicker noise."""
