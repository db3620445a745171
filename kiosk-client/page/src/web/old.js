// For browsers that cannot run the page; written so that they can run this.
document.getElementById('opening').style.display = 'none';
document.getElementById('old').removeAttribute('hidden');
