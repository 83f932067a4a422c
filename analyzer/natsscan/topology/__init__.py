"""From the calls of a broker to the messaging system that they make up."""
