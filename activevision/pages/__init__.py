"""What every page that is written for a browser needs: elements and drawings as trees, figures as words."""
