"""The nouns and rules of image editing. Standard library only; imports nothing else of Retouch."""
