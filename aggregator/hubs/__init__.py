"""The subscriber's side of WebSub."""
