"""Is a proposal the best there is? An exact programme that says so, or what gap is left."""
