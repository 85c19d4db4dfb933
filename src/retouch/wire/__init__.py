"""HTTP in and out: parsing what clients send, and answering in the shapes that their SDKs read."""
