"""What an amendment of the law asks of the bank: the queue of touched items, and a reviewer's word on each."""
