"""What makes a start faster: packages imported when they are used, schemas kept, checks that are quick."""
